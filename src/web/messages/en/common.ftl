# Words that all pages share.
language-name = English
site-name = Esep
skip = Skip to main content
menu = Main menu
menu-home = Competitions
menu-how = How it works
menu-verify = Verify
languages = Language
crumbs = Where you are
rehearsal = Rehearsal.
    .why = Keys, statements and results here mean nothing.
footer-what = Esep runs the competition for the civil-society seats of the Commission and proves its result.
footer-time = All times are Bishkek times.
footer-office = Office: { $host }

# Phases of a competition
phase-intake = Documents are taken in
phase-screening = Candidates are screened
phase-listed = The list is published
phase-polling = Polling is open
phase-closed = Polling is closed
phase-opening = The box is being opened
phase-opened = Ballots are read
phase-tied = A drawing is awaited
phase-counted = The result is counted
phase-certified = The result is certified
phase-failed = The competition failed
phase-annulled = The competition is annulled
phase-round = Round { $round }

next-intake = { $days ->
    [0] Documents are accepted until 24:00 today.
    [one] Documents are accepted until 24:00 on { $date }: { $days } day is left.
   *[other] Documents are accepted until 24:00 on { $date }: { $days } days are left.
  }
next-screening = Every nomination is being decided, rule by rule. Polling is on { $date }.
next-poll = Polling is on { $date }, from { $from } to { $to }.
next-repeat = There is a tie at the last seat: a repeat vote is being prepared.
next-polling = Ballots are accepted until { $time }.
next-closed = What is in the box is fixed; next, the counting members open it together.
next-opened = The counting members read and sign every ballot.
next-tied = The last seat is settled by a drawing held in the room.
next-counted = The counting members are signing the protocol.

# The four bodies (an institution's name, with its date, stands in the announcement)
slot-presidents-office = President’s Office
slot-government-office = Government Office
slot-ombudsman = Ombudsman
slot-cec = CEC

# Forms
error-summary = Correct these places
error-line = Error: { $text }
required = required
optional = optional
continue = Continue
back = Back
send = Send
sign = Sign
close = Close
copied = Copied
copy = Copy
working = Working…
no-script = A signature is made on this page, so it needs JavaScript. The other pages work without it.
no-ed25519 = This browser cannot make Ed25519 signatures. Use Chrome 137, Firefox 130, Safari 17 or later.
offline = There is no connection. What you wrote is kept on this device; try again when the connection is back.
page-failed = This page failed ({ $error }). What you entered is still here; try again, or take another browser.
digest = SHA-256
key-id = Key id

# When something did not work
failed-rule = Rule
failed-code = Code
failed-detail = Details
failed-next = What to do
failed-home = To the list of competitions

# When a key file does not open
key-not_a_key = This is no key file: it takes a PEM file with “PRIVATE KEY”
key-wrong_passphrase = The passphrase does not fit
key-passphrase_needed = The file is protected by a passphrase: enter it
key-scheme = The file is protected in a way that cannot be opened here
key-no_ed25519 = This browser cannot make Ed25519 signatures
