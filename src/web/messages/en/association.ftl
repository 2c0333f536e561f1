association-title = Nominate a candidate
association-lead = An association proposes one candidate and hands in three documents.
