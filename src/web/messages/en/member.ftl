# The counting member's desk.
member-title = Desk of the counting commission
member-lead = What is to be done now, by whom, and what waits for a signature.
member-date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
  } { $year }
member-reload = This page does not follow by itself without JavaScript: reload it to see what has changed.
member-offline-way = Without JavaScript, or with a key that stays on another machine, acts are made with the command line tool: esep statement, esep sign, esep post. The document “Operations” shows it step by step.

# The key
member-key-title = Your key
member-key-lead = The key file is opened in this page. It never leaves the browser, and once opened it cannot be taken out again; when you close the page it is forgotten.
member-key-file = Key file
member-key-file-hint = A PEM file (PKCS#8), encrypted or not.
member-passphrase = Passphrase
member-open-key = Open the key
member-offline-heading = Or: the key stays on an offline machine
member-offline-lead = Each request is saved as a file, signed there with esep sign, and brought back.
member-offline-who = Whose signature will be brought?
member-offline-open = Work with files
member-in = You sign as { $slot }: { $person }.
member-in-offline = You sign as { $slot }: { $person }, with files from an offline machine.
member-leave = Forget the key and leave
member-key-not_a_key = The file is not a private key
member-key-wrong_passphrase = The passphrase is wrong
member-key-passphrase_needed = The file is encrypted: its passphrase is needed
member-key-scheme = The file is encrypted in a way that browsers cannot read; use PBES2 with PBKDF2 and AES, as esep keygen does
member-key-no_ed25519 = This browser cannot make Ed25519 signatures
member-key-foreign = The key is not that of a counting member in force
member-own = you

# What is to be done
member-now-title = To be done now
member-who-title = Who has done what
member-nothing = There is nothing to be done now.
member-each = Each alone. Still to do: { $slots }.
member-together = Together: one draft, { $n ->
    [one] { $n } signature
   *[other] { $n } signatures
  }.
member-you = { $slot } (you)
member-from = Not before { $time }.
member-until = Not after { $time }.
member-now = now
member-waits = waits for others
member-later = later
member-nobody = nobody
member-yes = yes
member-no = no
member-task-cards_prepared = Register the voting cards
member-task-attendance = Record presence
member-task-lot_committed = Commit to a number for the lot
member-task-polling_opened = Open polling
member-task-polling_closed = Close polling
member-task-lot_revealed = Reveal the number for the lot
member-task-ballots_opened = Open the box
member-task-ballots_signed = Read and sign every ballot
member-task-lot_drawn = Record the drawing by hand
member-task-protocol_signed = Sign the protocol, dissent, or refuse
member-task-certification = Certify the result
member-col-opening = Present at the opening
member-col-commitment = Number for the lot
member-col-closing = Present at the closing
member-col-reveal = Number revealed
member-col-ballots = Ballots signed
member-col-protocol = Protocol
member-word-open = not yet
member-word-done = done
member-word-absent = absent
member-word-signed = signed
member-word-dissenting = signed with dissent
member-word-refusing = refused
member-word-opening = opening
member-word-closing = closing
member-word-ballots = signing the ballots
member-word-protocol = signing the protocol

# Drafts
member-drafts-title = Drafts that wait for signatures
member-no-drafts = No draft waits.
member-new-draft = A draft waits for your signature.
member-over = { $n ->
    [one] { $n } draft that is settled
   *[other] { $n } drafts that are settled
  }
member-draft-title = A draft
member-draft-refuse = Whoever does not agree does not sign, or withdraws the draft.
member-draft-open = waits
member-draft-stale = too late
member-draft-entered = entered
member-draft-refused = refused
member-draft-withdrawn = withdrawn
member-stale-why = Something else was entered into the record since, or its time is over. Withdraw it and lay it down anew.
member-signed-by = Signed:
member-unsigned-by = Not yet:
member-read-sign = Read and sign
member-read = Read
member-withdraw = Withdraw the draft
member-withdrawn = The draft is withdrawn.
member-refused = The office refused it
member-laid = The draft waits for signatures. Not signed yet: { $slots }.
member-done = Done
member-accepted = It stands in the record as entry { $seq }.
member-receipt-hint = The receipt proves that it was accepted.
member-receipt = Save the receipt
member-review = Read what you sign
member-not-sign = Do not sign
member-compare = Everything above is read from the very bytes that are signed. Read the code aloud: with all four it must be the same for the same draft.
member-aloud = Code to read aloud:
member-header = What it belongs to
member-others-title = Other acts

# The offline machine
member-offline-title = To be signed on the offline machine
member-offline-save = Save the file
member-offline-1 = Save { $name } and carry it to the offline machine.
member-offline-2 = There, with your own key file:
member-offline-3 = Bring back the file it made
member-offline-other = The file is an answer to another request
member-offline-unsigned = Your signature is not in the file
member-offline-wrong = The signature in the file does not hold
member-offline-length = The file does not hold one signature for each ballot
member-offline-unreadable = The file cannot be read

# Forms
member-do-attendance = Record my presence
    .why = Says in the record that you are in the room, at the opening or at the closing (R16).
member-do-cards_prepared = Register the cards
    .why = The list of public keys that esep cards made goes into the record. The codes on the cards stay on paper.
member-do-lot_committed = Commit to a number
    .why = If a lot must be drawn, it is made from four numbers. Yours is drawn here; only its digest is published before polling.
member-do-polling_opened = Open polling
    .why = From the entry of this act on, ballots are accepted.
member-do-polling_closed = Close polling
    .why = Fixes who took a card, what is in the box, and which cards came back, before any ballot is opened.
member-do-lot_revealed = Reveal my number
    .why = From the file that you kept. Nobody can know yet whether a lot will be needed.
member-do-ballots_opened = Open the box
    .why = All ballots enter the record at once, in an order that tells nothing about who voted when.
member-do-ballots_signed = Read and sign the ballots
    .why = Every ballot is shown as it stands in the record. You sign all of them, or none.
member-do-lot_drawn = Record the drawing
    .why = The tied candidates in the order in which they were drawn in the room.
member-do-protocol_signed = The protocol
    .why = Read it; then sign, sign with a dissenting opinion, or refuse.
member-do-certification = Certify the result
    .why = Fixes the protocol, what each of the four did about it, and the term.
member-do-absence_attested = Attest an absence
    .why = All the others attest together that a member is absent, or has been silent for too long (R16).
member-do-objection = Object
    .why = An objection stands in the protocol word for word.
member-do-card_disputed = Record a disputed card
    .why = An elector found a card used or copied.
member-do-annulment = Annul the competition
    .why = Together, with a published reason.
member-do-key_replaced = Replace a key
    .why = The same person gets a new key: by the old key alone, or by the other three together.
member-do-member_replaced = Replace a member
    .why = Another person of the same body: by the outgoing member alone, or by the other three together (R16).
member-needed = This is needed
member-needed-file = Choose a file
member-left = { $n ->
    [one] { $n } character left
   *[other] { $n } characters left
  }
member-published = It is published word for word and for ever, at most 4,000 characters. Write nothing that must stay private.
member-cards-hint = The file cards.keys that esep cards made. At least { $n ->
    [one] { $n } card is needed
   *[other] { $n } cards are needed
  }, and spares.
member-keys-count = { $n ->
    [one] { $n } card in the file.
   *[other] { $n } cards in the file.
  }
member-bad-keys = The file is not a list of keys: 32 bytes for each card
member-unsorted-keys = The keys are not sorted by key id; make the list with esep cards
member-nonce-hint = The number is drawn in this page and shown to nobody. Save it in a file and keep it until polling is closed: without it your part of the lot is lost.
member-keep-nonce = Save my number in a file
member-kept = Saved. Check that the file is there before you go on.
member-nonce-first = Save your number first
member-nonce-file-hint = The file that you saved when you committed.
member-bad-nonce-file = The file is not that of your number for this round
member-closes-announced = Polling closes at the announced time: { $time }.
member-closes-hint = Bishkek time, within 14 days.
member-roll-hint = Tick everyone who took a card, also those who did not cast a ballot.
member-roll-all = Tick all
member-roll-file-hint = Instead: a file with one id a line ({ $n } electors).
member-needed-roll = Say who took a card
member-unused-hint = The cards that nobody took: the list that esep cards --codes made of them. No file: none.
member-spoiled-hint = The cards that were spoiled and came back. No file: none.
member-order-hint = Write 1 for the first drawn, 2 for the second, up to { $n }.
member-bad-order = Each place from 1 to { $n } once
member-record-hint = How it was drawn, and who saw it. It is published word for word.
member-term-hint = The last day of the term follows: { $n ->
    [one] { $n } year
   *[other] { $n } years
  } later.
member-slots-open = Not yet ended: { $slots }
member-absent-who = Absent from { $duty ->
    [closing] the closing
    [ballots] signing the ballots
   *[protocol] signing the protocol
  }
member-absent-hint = Every other member must sign the draft.
member-ballot-hint = Digest of the ballot that it is about.
member-card-hint = The card’s code as printed, or its key id. The code stays in this page.
member-bad-card = The code is mistyped
member-outside-hint = SHA-256 of the act of a court or another body.
member-whose = Whose
member-new-key = The new key
member-new-passphrase-hint = Protects the file.
member-make-key = Make a key and save it
member-enrolment-hint = Instead: the file that esep enrol made from a key of its own.
member-bad-enrolment = The file is not that of esep enrol
member-key-first = Make a key, or bring an enrolment

# Ballots
member-box-good = { $n ->
    [one] { $n } ballot, read from the record: it is exactly what the close of polling fixed.
   *[other] { $n } ballots, read from the record: they are exactly those that the close of polling fixed.
  }
member-box-bad = The { $n } ballots in the record are not those that the close of polling fixed. Do not sign: tell the other members and the observers.
member-box-empty = The box was empty.
member-reader = Ballots one by one
member-reader-keys = Arrow keys turn to the next and the previous ballot, Page Up and Page Down by ten, Home and End to the first and the last.
member-ballot-title = Ballot { $n } of { $of }
member-ballot-before = Previous
member-ballot-after = Next
member-ballot-go = Ballot
member-ballot-object = Object to this ballot
member-candidate = Candidate
member-rating = Rating
member-blank = blank
member-sign-all = { $n ->
    [one] Sign the ballot
   *[other] Sign all { $n } ballots
  }
member-signing = Signed: { $n } of { $of }

# Protocol
member-elected = Elected: { $n }
member-reserve = Reserve: { $n }
member-unfilled = Seats that stay unfilled: { $n }
member-rank = Rank
member-by = By
member-by-vote = rating vote
member-by-repeat_vote = repeat vote
member-by-lot = lot
member-by-by_hand = drawing by hand
member-by-succession = in the place of one who withdrew
member-all-fields = Everything that stands in it
member-protocol-page = The protocol as a document to print (a new tab)
member-protocol-sign = Sign
member-protocol-dissent = Sign with a dissenting opinion
member-protocol-refuse = Refuse to sign
member-warn-protocol_dissented = You sign the protocol and add a dissenting opinion. It is published word for word, under your name, and cannot be taken back.
member-warn-protocol_refused = You do not sign the protocol. Your reason is published word for word, under your name, and cannot be taken back.

# Acts in words
member-act-attendance = { $slot } is present at the { $at ->
    [opening] opening
   *[closing] closing
  } of polling.
member-act-cards_prepared = { $cards ->
    [one] { $cards } voting card is
   *[other] { $cards } voting cards are
  } prepared for round { $round }.
member-act-lot_committed = { $slot } commits to a number for the lot of round { $round }.
member-act-polling_opened = Polling of round { $round } opens; ballots are accepted until { $time }.
member-act-polling_closed = Polling of round { $round } is closed. Cards taken: { $taken }; ballots in the box: { $ballots }; unused cards: { $unused }; spoiled cards: { $spoiled }.
member-act-lot_revealed = { $slot } reveals its number for the lot of round { $round }.
member-act-ballots_opened = The box of round { $round } is opened, and its ballots enter the record.
member-act-ballots_signed = { $slot } has signed every ballot of round { $round }.
member-act-objection = { $slot } objects.
member-act-card_disputed = { $slot } records that a card is disputed.
member-act-protocol_signed = { $slot } signs the protocol.
member-act-protocol_refused = { $slot } refuses to sign the protocol.
member-act-protocol_dissented = { $slot } signs the protocol with a dissenting opinion.
member-act-absence_attested = Absent from { $duty ->
    [closing] the closing of polling
    [ballots] signing the ballots
   *[protocol] signing the protocol
  }: { $slots }.
member-act-lot_drawn = Drawn by hand, in this order: { $order }.
member-act-certification = The result is certified. The term runs from { $from } to { $to }.
member-act-annulment = The competition is annulled.
member-act-key_replaced = { $slot } gets a new key.
member-act-member_replaced = { $person } becomes the member for { $slot }.
member-act-draft_withdrawal = A draft is withdrawn.
member-act-session = Opens a session to read what is confidential; changes nothing.

# Fields
member-field-slot = Body
member-field-slots = Bodies
member-field-at = When
member-field-duty = From what
member-field-person = Person
member-field-reason = Reason
member-field-text = Text
member-field-record = Record
member-field-cards = Cards
member-field-count = number
member-field-bytes = bytes
member-field-sha256 = SHA-256
member-field-commitment = Digest of the number
member-field-reveal = The number
member-field-closes_at = Ballots until
member-field-box_root = Root of the box
member-field-box_count = Ballots in the box
member-field-roll = Who took a card
member-field-roll-file = File with those who took a card
member-field-taken = Cards taken
member-field-unused = Unused cards
member-field-spoiled = Spoiled cards
member-field-signatures = Signatures over the ballots
member-field-ballot = Ballot
member-field-card = Card
member-field-protocol = Digest of the protocol
member-field-signature = Signature over the protocol
member-field-outcome = outcome
member-field-order = Order
member-field-term_start = First day of the term
member-field-term_end = Last day of the term
member-field-outside_act = Digest of the outside act
member-field-enrolment = New key
member-field-enrolment-file = Enrolment file
member-field-nonce-file = File with your number
member-field-key = key
member-field-possession = proof of possession
member-field-draft = Draft
member-field-competition = Competition
member-field-round = Round
member-field-rules = Digest of the rules
member-field-candidates = Digest of the candidate list
member-field-head = The record before it
member-field-size = entries
member-field-root = root
member-field-phase = Phase
member-field-not_after = Accepted until
member-field-nonce = Random number
member-field-place = Place
member-field-ledger = The record before it
member-field-rounds = Rounds
member-field-result = Result
member-field-objections = Objections
member-field-counts = Numbers
member-field-rehearsal = Rehearsal

# The protocol as a document
member-paper-title = Protocol
member-paper-none = There is no protocol yet: it follows from the count.
member-paper-print = To print it, use the browser’s print command.
member-paper-open = Its bytes are not fixed yet: the first act of a member on it fixes them.
member-paper-place = Place of polling
member-paper-round = Round { $n }
member-paper-seats = Seats
member-paper-electors = Electors
member-paper-polling = Polling
member-paper-times = from { $from } to { $to }
member-paper-prepared = Cards prepared
member-paper-cast = Ballots in the box
member-paper-valid = Valid ballots
member-paper-invalid = Invalid ballots
member-paper-totals = Totals, round { $n }
member-paper-total = Total
member-paper-rated = Ballots that rate
member-paper-ties = Ties at the last seat
member-paper-tie = Round { $round }: a tie for { $seats ->
    [one] { $seats } seat
   *[other] { $seats } seats
  } among { $tied }.
member-paper-rule-repeat_vote = Settled by a repeat vote.
member-paper-rule-lot = Settled by lot, in this order: { $order }.
member-paper-rule-by_hand = Settled by a drawing by hand, in this order: { $order }.
member-paper-rule-none = Not settled: the seats stay unfilled.
member-paper-objections = Objections
member-paper-no-objections = There are none.
member-paper-numbers = Nominations: { $nominations }; withdrawn: { $withdrawn }; refused: { $refused }; admitted: { $admitted }; appeals: { $appeals }; contests: { $contests }; disputed cards: { $disputed }.
member-paper-slots = The counting commission
member-paper-digest = SHA-256 of the protocol
