"""What an answer gives away, judged from outside: for any application, however it is driven. Pure.

The interface, for whoever drives an application (over sockets, or by calling it in-process):

1. :func:`harness.blackbox.carrying.field_canary` makes the canary that one field of an operation carries
   (path variable, query, form, JSON, header, cookie), and :mod:`.carrying` spells it in the field's type.
2. After the answer is whole, :func:`harness.blackbox.answers.observe_answer` returns what was seen in it, as
   rows ``(Field, expected, value, detail)`` for the client's journal: write them between INVOKE and OK with
   :meth:`harness.load.recording.Trail.observe`. Pass ``spare`` of INVOKE the number of the route.
3. ``harness.checkers.table.APP_CHECKERS`` judge the journals: B1 (another caller's canary came back), B2 (a
   value meant for one caller was handed to two), ROUTES (what was exercised), with ACCOUNTING and EVIDENCE.

    seen = Seen()                       # one for each client, kept as long as the client
    answer = Answer("200 OK", (("content-type", "text/html"), ...), b"...")
    rows = observe_answer(operation_canary, answer, seen)

A client is the caller: what any of its own operations sent may come back to it.
"""
