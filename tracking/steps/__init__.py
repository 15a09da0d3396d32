"""The steps that a fix passes, one small pure file each; `haoyun.tracking.pipeline.STEPS` is their order."""
