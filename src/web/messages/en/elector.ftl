# Ballot page: the entrance
elector-title = Vote
elector-lead = Fill in your ballot here with the voting card that you drew from the box.
elector-lead-named = Fill in your ballot here and sign it with your own key.
elector-no-list = The candidate list is not published yet, so there is nobody to rate.
elector-before = Polling is not open yet. You can read the ballot paper and what is allowed on it.
elector-over = Ballots are not accepted any more: the time is over.
elector-to-check = Check the receipt of my ballot
elector-candidates = Candidates on the ballot paper
    .order = In the order of the record, which is no order of rank.
elector-struck = withdrawn
    .means = Withdrawn: a rating for this candidate counts when the ballot is checked, but adds to no total.

elector-allowed = What is allowed
elector-allowed-scale = A rating is a whole number from { $min } to { $max }; { $max } is the best.
elector-allowed-exactly = { $count ->
    [one] Rate exactly { $count } candidate.
   *[other] Rate exactly { $count } candidates.
  }
elector-allowed-between = Rate from { $min } to { $max } candidates.
elector-allowed-least = { $count ->
    [one] Rate at least { $count } candidate; you may rate all.
   *[other] Rate at least { $count } candidates; you may rate all.
  }
elector-allowed-any = Rate as many candidates as you like.
elector-allowed-zero = A candidate whom you do not rate gets 0 points.
elector-allowed-skip = A candidate whom you do not rate is left out of that candidate’s reckoning.
elector-allowed-whole = A ballot outside these limits is invalid as a whole. The page tells you; it never changes a ballot.
elector-allowed-once = A card casts one ballot. The first one stands; it cannot be changed or taken back.
elector-allowed-once-named = You cast one ballot. The first one stands; it cannot be changed or taken back.

elector-proves = What the receipt can prove to others
elector-proves-cast = The receipt alone proves that a ballot is in the box, not what it says.
elector-proves-how = With your card’s code, or with the signed ballot as a file, anyone can find your ballot in the published record and see how you voted. Show the code to nobody, and destroy the card afterwards.
elector-proves-pattern = Ballots are published one by one. A striking pattern of ratings can give away who wrote it.
elector-proves-named = This ballot is not secret: it is published with your key, and everybody sees how you voted.
elector-proves-coercion = Esep does not protect against coercion or against the sale of votes. If somebody forces you, tell a member of the counting commission.
elector-trust = What you have to trust
elector-trust-printer = Whoever made or printed the cards could have copied codes. If your card turns out to be used, tell a member: this is recorded and stands in the protocol.
elector-trust-box = While polling is open, the ballots in the box lie unencrypted on the office’s server. They carry no name, time or order, but whoever controls that server could read them.
elector-trust-device = This page makes your key from the code and signs here, on this device. Neither code nor key is sent anywhere. A device that others control could watch you: use your own or the one in the polling room.

elector-offline = It can also be done offline with the program:
elector-code = Code of your card
    .hint = 28 letters and digits in seven groups. Capital or small letters, with or without dashes and spaces; you may also paste it.
elector-code-empty = Enter the code of your card
elector-code-length = The code has 28 characters; here are { $count }
elector-code-character = The code has only digits and Latin letters, and never the letter U; here is “{ $letter }”
elector-code-check = The code is mistyped: its check characters do not fit. Compare it with the card, group by group
elector-code-count = { $count } of 28 characters
elector-code-fits = All 28 characters are here, and the check characters fit.
elector-open = Open the ballot
elector-scan = Scan with the camera
elector-scan-end = Stop the camera
elector-camera = Picture of the camera
elector-camera-none = The camera cannot be used here. Type the code.
elector-camera-other = This QR code is not that of a voting card.
elector-card-other-round = This card is of round { $round }; now it is round { $now }. A card serves in its own round only. Take the card that was drawn for this round.
elector-card-unknown = This card is not one of those prepared for this round of this competition. Compare the code with the card; if it is right, tell a member of the counting commission.
elector-key-file = Your key file
    .hint = The file ends in .pem. It is opened here and never leaves this device.
elector-passphrase = Passphrase of the file
    .hint = Only if the file has one.
elector-key-none = Choose your key file
elector-key-not_a_key = This file holds no private key
elector-key-wrong_passphrase = The passphrase does not open this file
elector-key-passphrase_needed = This file has a passphrase: enter it
elector-key-scheme = The file is encrypted in a way that this page does not know
elector-key-no_ed25519 = This browser cannot make Ed25519 signatures

# Filling in
elector-ballot = Your ballot
elector-order = The candidates stand in an order drawn for your card. Another card shows another order, and yours stays the same.
elector-order-named = The candidates stand in an order drawn for your key. Another key shows another order, and yours stays the same.
elector-keyboard = With the keyboard: Tab goes to the next candidate, the arrow keys move between ratings and choose nothing, Space chooses.
elector-blank = Not rated
elector-rating = Rating of { $name }, from { $min } to { $max }
    .hint = From { $min } to { $max }; empty: not rated.
elector-place = { $place } of { $count }
elector-tally = { $rated ->
    [one] { $rated } candidate of { $count } is rated.
   *[other] { $rated } candidates of { $count } are rated.
  }
elector-fine = The ballot is within what is allowed.
elector-few = { $min ->
    [one] Too few: at least { $min } candidate must be rated.
   *[other] Too few: at least { $min } candidates must be rated.
  }
elector-many = Too many: at most { $max } may be rated.
elector-outside = The rating { $rating } of { $name } is outside { $min } to { $max }.
elector-self-voids = You have rated yourself; that makes the ballot invalid.
elector-self-ignored = Your rating of yourself will not be counted.
elector-not-number = { $name }: write a whole number, or leave the field empty
elector-review-go = Check the ballot

# Checking and casting
elector-review = Check your ballot
elector-review-lead = This is what you are about to sign, read from the very bytes. Nothing has been sent yet.
elector-rated = Rated
elector-left = Not rated
elector-none-rated = Nobody is rated.
elector-name-column = Candidate
elector-rating-column = Rating
elector-short = Short code
elector-invalid = This ballot will be invalid
elector-invalid-what = It will be counted as invalid as a whole, and nothing on it adds to any total. You may change it, or cast it as it is.
elector-invalid-confirm = I know that this ballot is invalid and cast it as it is.
elector-invalid-needed = Confirm that you cast an invalid ballot, or change it
elector-final = Once cast, the ballot can be neither changed nor taken back.
elector-change = Change the ballot
elector-cast = Sign and cast
elector-stop = Stop without casting
elector-time-over = The time is over: ballots are not accepted any more.

elector-sending = The ballot is being sent…
elector-pending = No answer yet
elector-pending-what = The connection broke, so it is not known whether your ballot is in the box. Stay on this page: the very same ballot is sent again, and it is never counted twice.
elector-again = Send the same ballot again
elector-used = The ballot of this card was already cast
elector-used-named = You have already cast your ballot
elector-used-what = The first ballot stands; this one was not taken, and it changes nothing.
elector-used-not-you = If it was not you who cast it, tell a member of the counting commission now: the dispute is recorded and stands in the protocol.
elector-refused = The ballot was not taken
elector-refused-note = Save the refusal, signed by the office

elector-done = Your ballot is in the box
elector-done-named = Your ballot is in the record
elector-done-again = This very ballot was there already. It counts once; here is its receipt again.
elector-done-what = The receipt below is signed by the office. Keep it: once the box is opened, it shows whether your ballot is among those counted.
elector-receipt = Receipt
elector-receipt-hash = Number of the ballot
elector-receipt-qr = QR code of the receipt
elector-receipt-qr-what = Scan it with your own phone to keep the receipt: it opens the page that checks it.
elector-receipt-save = Save the receipt
elector-receipt-print = Print the receipt
elector-receipt-check = Check the receipt
elector-receipt-words = The receipt, word for word
elector-receipt-ballot = To prove how I voted
elector-receipt-ballot-what = The signed ballot as a file proves to anyone who has it how you voted. You do not need it to find your ballot in the record.
elector-receipt-ballot-save = Save the signed ballot

# A device of the polling room
elector-kiosk-idle = Are you still there?
elector-kiosk-idle-what = Nothing has happened for a while. In { $seconds } seconds this page forgets everything for the next elector.
elector-kiosk-stay = I am still here
elector-kiosk-clear = Done: clear the page
elector-kiosk-keep = This device keeps nothing. Scan the QR code with your phone or print the receipt before you go.

# Checking a receipt
elector-check-title = Check a receipt
elector-check-lead = Whoever sent something to this competition got a receipt. This page tells what it proves. The receipt is not sent anywhere.
elector-check-no-script = The check runs in your browser, so it needs JavaScript. Offline, the program does it:
elector-check-file = Receipt as a file
    .hint = Choose the file, or drop it here.
elector-check-text = Or paste the text of the receipt
elector-check-check = Check
elector-check-kinds = Three kinds of receipts
elector-check-kind-box = Ballot in the box
    .means = Proves that the box holds a ballot. Once the box is opened, the ballot must be in the record.
elector-check-kind-entry = Entry in the ledger
    .means = Proves that a statement, such as a nomination, is in the ledger at a certain place.
elector-check-kind-refused = Refusal
    .means = Proves that a statement arrived, and when and why it was not taken.
elector-check-key = Receipts are signed with this office’s log key. Compare it with one that you have from another source:
elector-check-nothing = Choose a file or paste the text of a receipt
elector-check-not-one = This is no receipt of a known kind
elector-check-other = This receipt is of another competition: { $origin }
elector-check-forged = Not signed by this office’s log
    .what = The signature does not hold. Either the text was changed, if only by one character, or somebody else made it.
elector-check-signed = Signed by this office’s log
elector-check-box = It says that the box of round { $round } holds this ballot:
elector-check-refused = It says that this statement was not taken at { $time }: { $reason }.
elector-check-entry = It says that entry { $place } of the ledger is this statement:
elector-check-working = The whole public record is being read, so that nobody learns which entry you look for…
elector-check-found = The ballot is in the record
    .what = It is ballot { $place } of { $count } in round { $round }, entry { $entry } of the ledger.
elector-check-waiting = The box is not opened yet
    .what = The ballot cannot be in the public record yet. Check again after the opening, and keep the receipt.
elector-check-missing = The ballot is missing from the record
    .what = The box of round { $round } is opened, and this ballot is not among the published ones. This is proof against the office: show the receipt to the members and observers, and publish it.
elector-check-inside = The entry is in the record
    .what = Entry { $entry }: { $kind }, accepted at { $time }.
elector-check-broken = The record does not fit the receipt
    .what = The ledger that is published now does not continue the one that this receipt was given for. Show it to the members and observers, and publish it.
elector-check-later = The record is not public that far
    .what = While polling is open, the ledger is shown only up to its beginning. Check again after the close.
elector-check-record = The record itself does not hold
    .what = The published entries do not give the root that the log signed. Tell the members and observers.
elector-check-root = Checked against the published record
elector-check-size = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
  }
