"""Rules of auctions as sentences, English and Chinese; see words.py."""

from __future__ import annotations

from collections.abc import Mapping

AUCTIONS: Mapping[str, tuple[str, str]] = {
    "auction_needed": ("an auction needs its closing time", "竞价货源须填写竞价截止时间"),
    "auction_unasked": ("only a load offered by auction has these", "只有竞价货源填写竞价条件"),
    "auction_direct": ("an auction goes to more than one organization", "竞价货源不能定向给一家企业"),
    "auction_step": ("the least step is 0 or more", "最小降价幅度应不小于 0"),
    "auction_step_ceiling": ("the least step lies below the ceiling", "最小降价幅度应小于最高限价"),
    "auction_latest": ("the latest end does not lie before the closing time", "最晚截止不得早于竞价截止时间"),
    "auction_late": (
        "closes {minutes} minutes too late: the latest end, the time to decide and a quarter of an hour for the "
        "award lie before the load expires",
        "截止时间晚了 {minutes} 分钟：最晚截止、定标时间及 15 分钟的成交处理须在货源有效期之前",
    ),
    "auction_has_bids": (
        "the auction has {count} bids on these terms; let it close, or withdraw the load",
        "该竞价已有 {count} 次出价，条件不能再改；请等待截止，或撤回货源",
    ),
    "auction_no_quotes": (
        "the load is offered by auction: bid on it instead of quoting",
        "该货源为竞价模式，请参与竞价出价",
    ),
    "no_auction": ("the load is not offered by auction; quote on it", "该货源不是竞价模式，请直接报价"),
    "auction_closed": ("the auction has closed", "竞价已截止"),
    "auction_running": (
        "the auction is still open; a bid is chosen once it has closed",
        "竞价尚未截止，截止后方可定标",
    ),
    "auction_lowest": ("this auction is won by the lowest bid", "该竞价由最低价自动成交"),
    "auction_own": ("nobody bids on a load of the own organization", "不能对本单位的货源出价"),
    "bid_binding": (
        "a bid is binding until the auction is over; it can only be lowered",
        "竞价结束前出价有效，只能降价，不能撤回、拒绝或还价",
    ),
    "bid_high": (
        "is too high: {yuan} yuan at most (ceiling, step and your own last bid)",
        "出价过高：最高 {yuan} 元（按最高限价、降价幅度及本单位上次出价）",
    ),
    "bid_none_left": ("no lower price is left to bid", "已无更低的有效出价"),
}
