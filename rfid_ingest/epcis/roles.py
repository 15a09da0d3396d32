"""The roles in which events name identities: which field an index entry comes from."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """One entry of the index."""

    EPC = "epc"  # epcList
    CHILD = "child"  # childEPCs
    PARENT = "parent"  # parentID
    INPUT = "input"  # inputEPCList
    OUTPUT = "output"  # outputEPCList
    CLASS = "class"  # quantityList, childQuantityList
    INPUT_CLASS = "inclass"  # inputQuantityList
    OUTPUT_CLASS = "outclass"  # outputQuantityList
    TRANSACTION = "txn"  # bizTransactionList, of any type
    SOURCE = "source"  # sourceList, of any type
    DESTINATION = "dest"  # destinationList, of any type
    TRANSFORMATION = "transf"  # transformationID
    CORRECTION = "correct"  # errorDeclaration.correctiveEventIDs
    DEVICE = "device"  # deviceID of sensor data


EPC_ROLES = (Role.EPC, Role.CHILD, Role.PARENT, Role.INPUT, Role.OUTPUT)
CLASS_ROLES = (Role.CLASS, Role.INPUT_CLASS, Role.OUTPUT_CLASS)
