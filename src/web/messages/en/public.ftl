home-title = Competitions
home-lead = The civil-society seats of the Commission: everything from the announcement to the certified result is here, and anyone can verify it.
home-going = Competitions that go on
home-none = No competition goes on now.
home-over = Competitions that are over
home-announce = For organisers: announce a competition
card-published = Published on { $date }.
how-title = How it works

style-title = Styleguide
style-lead = Every piece that pages are made of. Only in a rehearsal.
style-words = Text
style-tags = Tags
style-panels = Panels
style-lists = Lists and table
style-table = Table
style-forms = Forms

sections = Parts of the competition
section-overview = Overview
section-rules = Rules
section-candidates = Candidates
section-result = Result
section-record = Record and files
act-nominate = Nominate a candidate
act-vote = Vote
overview-elected = { $n ->
    [one] { $n } candidate elected
   *[other] { $n } candidates elected
  }
overview-result = See result and totals
overview-announced = What was announced
overview-rules = All the rules in words
overview-way = The way of the competition
overview-feed = Feed of events (Atom)
overview-for = For those who take part
for-association = Associations: nominate
for-elector = Electors: vote
for-member = Counting members: desk
for-organiser = Organiser: desk
for-observer = Observers: dashboard
fact-published = Published
fact-intake = Documents are accepted
fact-poll = Polling
fact-seats = Seats
fact-nominations = Nominations
fact-admitted = { $n ->
    [one] { $n } admitted
   *[other] { $n } admitted
  }
fact-reruns = Runs again
commission = Counting commission
commission-what = One representative of each of four bodies: they open and close polling, and read and sign every ballot. All four are present.
observers = Observers

time-end-of = until 24:00 on { $date }
time-poll = { $date }, { $from } to { $to }
time-intake-end = Intake of documents ends
time-intake-over = Intake of documents has ended
time-list = The list of candidates is published
time-count = Ballots are opened and counted
time-certify = The protocol is signed and the result certified
time-now = now
time-ahead = ahead
event-announcement = The competition is announced
event-extension = Intake is extended until 24:00 on { $date }
event-poll_day_moved = Poll day is moved to { $date }
event-observer_admitted = An observer is admitted
event-candidate_list = The list of candidates is published: { $n }
event-attendance = { $slot }: present
event-member_replaced = { $slot }: the member is replaced
event-key_replaced = { $slot }: the key is replaced
event-cards_prepared = Voting cards are prepared
event-lot_committed = { $slot }: committed to a lot nonce
event-polling_opened = Polling is opened
event-polling_closed = { $n ->
    [one] Polling is closed: { $n } ballot in the box, { $taken } cards taken
   *[other] Polling is closed: { $n } ballots in the box, { $taken } cards taken
  }
event-lot_revealed = { $slot }: lot nonce revealed
event-ballots_opened = The box is opened
event-ballots_signed = { $slot }: every ballot signed
event-objection = { $slot }: objection
event-card_disputed = { $slot }: a card is disputed
event-protocol_signed = { $slot }: protocol signed
event-protocol_refused = { $slot }: refused to sign the protocol
event-protocol_dissented = { $slot }: signed with a dissent
event-absence_attested = Absence is attested
event-lot_drawn = A drawing was held in the room
event-certification = The result is certified; term: { $from } to { $to }
event-annulment = The competition is annulled

turnout = Turnout
turnout-electors = electors
turnout-taken = took a card ({ $percent } %)
turnout-ballots = ballots in the box
turnout-valid = valid
turnout-invalid = invalid
turnout-closed = Polling was closed on { $time }.
failed-why-too_few_candidates = One candidate was admitted, or none.
failed-why-too_few_ballot_signatures = Fewer counting members signed the ballots than the rules ask for.
failed-why-turnout = Fewer took part in the vote than the rules ask for.
annulled-why = The published reason:

rules-title = The rules in words
rules-lead = Every choice that the law leaves open is written and signed in the announcement. This page is made from the signed data.
rules-seats = Seats and term
rules-candidates = Who may be a candidate
rules-dates = Dates
rules-vote = The vote
rules-count = The count
rules-limits = Signatures and limits
rules-bytes = The signed rules
rules-bytes-why = Rule set: { $name }. Every statement names its SHA-256:
rule-seats = Number of seats
rule-seats-is = { $n ->
    [one] { $n } seat.
   *[other] { $n } seats.
  }
rule-term = Term
rule-term-is = { $n ->
    [one] A term of { $n } year.
   *[other] A term of { $n } years.
  }
rule-reserve = Reserve
rule-reserve-yes = Those not elected form an ordered reserve.
rule-reserve-no = There is no reserve.
rule-one = From an association
rule-one-is = An association proposes one candidate only.
rule-organisations = Member organisations
rule-organisations-is = { $n ->
    [one] At least { $n } non-commercial organisation: public associations, foundations, institutions; state and municipal ones do not count.
   *[other] At least { $n } non-commercial organisations: public associations, foundations, institutions; state and municipal ones do not count.
  }
rule-many = An organisation in several associations
rule-many-refuse = The requirement is not met.
rule-many-flag = A person decides, case by case.
rule-age = Age
rule-age-is = { $n ->
    [one] At least { $n } year old on the last day of intake.
   *[other] At least { $n } years old on the last day of intake.
  }
rule-conviction = Conviction
rule-conviction-refuse = A conviction bars, an expunged one too.
rule-conviction-flag = A conviction that is not expunged bars; about an expunged one a person decides.
rule-documents = Documents
rule-documents-is = Letter of the association, the candidate’s application, resume.
rule-intake = Intake of documents
rule-intake-is = { $n ->
    [one] { $n } month from publication in the mass media, until 24:00 of the last day.
   *[other] { $n } months from publication in the mass media, until 24:00 of the last day.
  }
rule-roll-yes = A last day that is no working day moves to the next one.
rule-roll-no = The last day does not move, even if it is no working day.
rule-holidays = Days that are no working days: { $days }.
rule-extension = Extension
rule-extension-is = { $n ->
    [one] At most { $n } time, by at most { $days } days in all, for everybody.
   *[other] At most { $n } times, by at most { $days } days in all, for everybody.
  }
rule-appeal = Appeal
rule-appeal-is = { $n ->
    [one] Within { $n } day of the decision; no list before that ends.
   *[other] Within { $n } days of the decision; no list before that ends.
  }
rule-window = Poll day
rule-window-is = { $min } to { $max } days after the last day of intake.
rule-electorate = Who votes
rule-electorate-candidates = The admitted candidates rate one another.
rule-electorate-counting = The four counting members.
rule-electorate-commission = The members of the Commission: { $n }.
rule-electorate-listed = A listed roll of electors: { $n }.
rule-ballots = Ballots
rule-ballots-secret = Secret: each ballot is cast with the key of a card drawn from a box.
rule-ballots-named = Named: each ballot is cast with the elector’s own key and names the elector.
rule-place = Where ballots are cast
rule-remote-yes = In the room or from elsewhere.
rule-remote-no = In the polling room only.
rule-scale = Ratings
rule-scale-is = A whole number from { $min } to { $max }.
rule-rated = How many candidates are rated
rule-rated-all = At least { $min }, at most all.
rule-rated-some = At least { $min }, at most { $max }.
rule-self = Rating oneself
rule-self-allowed = Allowed; it counts like any other.
rule-self-ignored = Ignored; the ballot stays valid.
rule-self-voids = Makes the ballot invalid.
rule-aggregate = What candidates are ranked by
rule-sum = The sum of ratings.
rule-mean = The mean of ratings; a candidate with fewer than { $n } ratings cannot be elected.
rule-blank = A candidate left blank
rule-blank-zero = Counts as a rating of 0.
rule-blank-skip = Is left out of the count.
rule-pass = Pass mark
rule-pass-none = None.
rule-pass-is = At least { $n }.
rule-turnout = Least turnout
rule-turnout-none = None.
rule-turnout-is = At least { $n } % of the roll.
rule-ties = A tie at the last seat
rule-tie-repeat = A repeat vote among the tied.
rule-tie-lot = A lot (esep-lot-v1), computed from numbers that the members committed to before polling.
rule-tie-hand = A drawing held in the room, recorded and signed.
rule-tie-end = If the tie remains after that, the seat stays unfilled.
rule-signatures = Signatures needed
rule-signatures-is = At least { $n } of the four members sign; every one of the four slots must be resolved.
rule-hours = Time to sign
rule-hours-is = { $n ->
    [one] { $n } hour; after that the other members may attest absence.
   *[other] { $n } hours; after that the other members may attest absence.
  }
rule-reveal = Revealing lot nonces
rule-reveal-is = { $n ->
    [one] Within { $n } minute of the close, before the box is opened.
   *[other] Within { $n } minutes of the close, before the box is opened.
  }
rule-cards = Lists of cards
rule-cards-is = { $n }: a ballot takes the key of one card.

candidates-title = Admitted candidates
candidates-lead = { $n ->
    [one] { $n } candidate, by the Kyrgyz alphabet. The order decides nothing.
   *[other] { $n } candidates, by the Kyrgyz alphabet. The order decides nothing.
  }
candidates-none = There is no list yet. It is published when every nomination is decided and the time for appeals has ended. Names of those refused are never published.
candidate-organisations = { $n ->
    [one] { $n } member organisation
   *[other] { $n } member organisations
  }
candidate = Candidate
candidate-id = Id
association = Association
candidates-digest = Every statement names the SHA-256 of this list:

result-none = Before polling is closed there are no numbers here: turnout is shown after the close, totals once all ballots are signed.
result-never = This competition has neither totals nor anybody elected. All its entries stay in the record.
result-later = There are no totals yet: they appear in whole when the counting members have signed every ballot, and never in part.
result-certified = The result is certified.
result-term = Term: { $from } to { $to }.
result-round = { $seats ->
    [one] Round { $round }: { $seats } seat
   *[other] Round { $round }: { $seats } seats
  }
result-table-sum = Totals: sums of ratings of { $n } candidates
result-table-mean = Totals: mean ratings of { $n } candidates
rank = Rank
total = Total
mean = Mean
rated = Ballots that rate
outcome = Result
outcome-vote = elected
outcome-repeat = elected: repeat vote
outcome-lot = elected: lot
outcome-hand = elected: drawing in the room
outcome-succession = elected in the place of one who withdrew
outcome-reserve = reserve
outcome-none = not elected
outcome-open = not decided yet
result-line = The double line marks the last seat. Those who share a rank stand by the alphabet, which decides nothing.
result-unfilled = { $n ->
    [one] { $n } seat stays unfilled.
   *[other] { $n } seats stay unfilled.
  }
result-record = Files to verify this result
distribution = Distribution of ratings
distribution-what = How often each candidate got each rating. From these numbers anyone can add up the totals again.
invalid-why = { $n ->
    [one] { $n } invalid ballot
   *[other] { $n } invalid ballots
  }
invalid-ballot = Ballot { $n } of the box:
invalid-returned = its card was handed back as unused or spoiled, so the ballot is void
invalid-out_of_range = the rating { $rating } for { $name } is outside the scale (R15)
invalid-too_few = candidates rated: { $rated }, at least { $min } needed (R15)
invalid-too_many = candidates rated: { $rated }, at most { $max } allowed (R15)
invalid-self = the elector rates himself (R15)
invalid-unknown = { $name } is not on the ballot paper (R15)

ties-title = How the tie was decided
tie-what = { $seats ->
    [one] In round { $round }, { $n } candidates had equal totals, with { $seats } seat left for them:
   *[other] In round { $round }, { $n } candidates had equal totals, with { $seats } seats left for them:
  }
tie-rule-repeat = By the rule: a repeat vote was held among them.
tie-rule-lot = By the rule: a lot (esep-lot-v1).
tie-rule-hand = By the rule: a drawing was held in the room, in this order:
tie-rule-none = The rules say nothing further: the seat stays unfilled.
tie-total = { $name }: { $n }
lot-committed = Before polling opened each member drew a number in secret and put its hash into the record.
lot-revealed = After the close, and before any ballot was opened, the numbers were revealed:
lot-box = Root of the box
lot-seed = The SHA-256 of these numbers, the root of the box, competition and round is the seed of the lot:
lot-order = For each candidate SHA-256(seed, id) is computed; the least comes first:
last-title = What decided the last seat
last-between = Last elected: { $in }. First not elected: { $out }. The difference: { $margin }.
last-tie = There was a tie at the last seat: { $names }.
last-ballots-tie = In a tie a single other ballot would have changed the list.
last-ballots = { $n ->
    [one] For another list of the elected, at least { $n } valid ballot would have had to be different.
   *[other] For another list of the elected, at least { $n } valid ballots would have had to be different.
  }
last-ballots-never = No change of ballots could have changed the list of the elected.
last-self = Candidates may rate themselves: without such ratings the list could have been different. With secret ballots nothing more exact can be said.
slots-title = The four slots of the counting commission
slots-what = Each slot must end in one way: signed, signed with a dissent, refused, or absent.
slot-ballots = Ballots:
slot-ballots-signed = every one signed
slot-ballots-open = not signed yet
slot-ballots-absent = absent
slot-protocol = Protocol:
slot-ending-signed = signed
slot-ending-dissenting = signed with a dissent
slot-ending-refusing = refused to sign
slot-ending-absent = absent
slot-ending-open = not signed yet
objections-title = Objections

record-title = Record and files
record-lead = Every step of the competition is a signed entry. Everything public can be downloaded as one bundle and verified on your own computer.
record-bundle = Download the bundle (tar)
record-bundle-what = Inside: the whole ledger, attachments, keys, ballots, protocol, and the digest of every file (SHA256SUMS).
record-verify = How to verify it
record-files = Single files
record-sealed = While named ballots are cast the ledger is sealed; the files appear after the close.
record-making = The bundle with the newest entry is being made; with many ballots this takes a minute. The download begins as soon as it is ready; single files and their digests appear when you load this page again.
record-reload = Load it again
bytes = { $n ->
    [one] { $n } byte
   *[other] { $n } bytes
  }
file-protocol-json = The protocol: the very bytes that the members signed.
file-protocol-dsse-json = The protocol with the members’ signatures.
file-result-json = Who is elected and the reserve, for programs.
file-ballots-jsonl = Every ballot with the signatures of elector and members, one a line.
file-candidates-json = The list of candidates as published.
file-rules-json = The rule set.
file-announcement-dsse-json = The announcement with the organiser’s signature.
file-checkpoint = The signed checkpoint of this state of the ledger; keep it.
record-keys = Keys
record-keys-why = Before you believe a bundle, compare these ids with those that each body published itself.
whose-log = Log
whose-organiser = Organiser
whose-presidents-office = President’s Office
whose-government-office = Government Office
whose-ombudsman = Ombudsman
whose-cec = CEC
record-vkey = Verifier key of the log
record-ledger = The ledger now
record-ledger-what = { $n ->
    [one] { $n } entry. The root over all of them:
   *[other] { $n } entries. The root over all of them:
  }
record-events = Public events
record-events-what = Nominations, decisions on them and ballots are not listed here: they are in the bundle.
record-seq = Entry
record-what = What happened

verify-title = Verify a result yourself
verify-lead = You need to take nobody’s word: the bundle holds every step, every ballot and every signature.
verify-here = Your browser downloads the whole record and recomputes it: every hash, every signature, every rule, the totals and the elected. Nothing is sent.
verify-now = Verify in this browser
verify-no-script = This needs JavaScript. Without it, follow the steps below.
verify-button = Verify now
verify-same-office = This page comes from the office whose record it checks. For the last bit of doubt, take the program or the page from elsewhere, as below.
verify-steps = Step by step
verify-download = Download the competition’s bundle:
verify-keys = Get the keys of the four bodies, the organiser and the log from elsewhere than this site: a newspaper, the body’s own site, by hand. Put them into one folder.
verify-run = Run the program, without a network:
verify-example = competition.tar --trust keys/
verify-read = Read the verdict: “proved” means that everything holds; “disproved” names each finding by number, rule and what to do; “could not tell” means that something is missing.
verify-what = What is checked
verify-what-sums = the digest of every file, every entry of the ledger, its root and chain;
verify-what-rules = the signature of every statement, and that the rules allowed it then;
verify-what-count = totals are added up again from the ballots, the elected and the lot are derived anew;
verify-what-ballot = with your receipt: that your ballot was in the box.
verify-not = What nobody can check from outside
verify-not-facts = private facts about candidates: only commitments are published;
verify-not-copied = whether somebody copied a card’s code: an elector who finds the card used tells a member;
verify-not-tail = whether the ledger’s tail was cut off: whoever kept an older receipt or checkpoint sees it.

how-lead = The competition for the civil-society seats of the Commission goes in seven steps. Each is signed with the key of whoever took it.
how-way = Seven steps
how-announce = Announcement
    .text = The organiser announces the competition in the mass media and signs all its rules. After that they do not change.
how-nominate = Nomination
    .text = An association proposes one candidate and hands in three documents. The ledger holds no personal data, only commitments to it.
how-screen = Screening
    .text = Every requirement is decided by itself and may be appealed. The list of the admitted is published; those refused are never named.
how-poll = Polling
    .text = With the four members present, electors draw cards from a box and rate the candidates. The ballot is secret: nobody knows whose it is.
how-open = Opening and count
    .text = What is in the box is fixed first and only then opened. Each member reads and signs every ballot; anyone can add them up again.
how-tie = Ties
    .text = A tie at the last seat means a repeat vote, then a lot: its numbers were fixed before polling, so nobody could choose it.
how-protocol = Protocol and certification
    .text = Each of the four signs, dissents, refuses, or is attested absent. Then the result is certified.
how-proof = Why this can be believed
how-proof-ledger = All statements stand in one ledger. Each entry names the one before, and the state of the ledger is signed: nothing can be removed or exchanged unseen.
how-proof-keys = There are no passwords: everybody signs with a key that never leaves their hands.
how-proof-private = No personal data is in the ledger: what is published is a salted hash, which only someone who knows the value can open.
how-trust = Where trust is still needed
how-trust-cards = Whoever copied a card’s code can use it first. Therefore cards are printed with the members present and kept nowhere.
how-trust-server = Whoever controls the server could read the ballots in the box during polling, but neither change nor add any.
how-trust-coercion = A receipt can prove a vote to others, so this vote does not protect from coercion: it is held in the room, with the members present.
