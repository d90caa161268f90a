"""The live view: the checkers' folds, fed while a run still goes on, and a page that shows what they found.

It runs in a process of its own, so that judging takes no time from the load's event loop; it reads the
journals as they grow, writes nothing, and decides nothing: the verdict is the pipeline's, at the end.
"""
