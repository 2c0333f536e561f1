# Эсеп комиссиясынын мүчөсүнүн иш столу.
member-title = Эсеп комиссиясынын иш столу
member-lead = Азыр эмнени ким кылышы керек жана эмне кол коюуну күтүп турат.
member-date = { $year }-жылдын { $day }-{ $month ->
    [1] январы
    [2] февралы
    [3] марты
    [4] апрели
    [5] майы
    [6] июну
    [7] июлу
    [8] августу
    [9] сентябры
    [10] октябры
    [11] ноябры
   *[12] декабры
  }
member-reload = JavaScript жок болсо, барак өзү жаңырбайт: өзгөрүүнү көрүү үчүн аны кайра жүктөңүз.
member-offline-way = JavaScript жок болсо же ачкыч башка машинада сакталса, иш буйрук сабында жасалат: esep statement, esep sign, esep post. Кадамдары «Operations» документинде жазылган.

# Ачкыч
member-key-title = Ачкычыңыз
member-key-lead = Ачкыч файлы ушул баракта ачылат. Ал браузерден чыкпайт, ачылгандан кийин аны кайра алып чыгууга болбойт; баракты жапканда унутулат.
member-key-file = Ачкыч файлы
member-key-file-hint = PEM файлы (PKCS#8), шифрленген же шифрленбеген.
member-passphrase = Сырсөз
member-open-key = Ачкычты ачуу
member-offline-heading = Же ачкыч тармаксыз машинада калат
member-offline-lead = Ар бир суроо файлга сакталып, ошол жакта esep sign менен кол коюлуп, кайра алып келинет.
member-offline-who = Кимдин кол тамгасы алып келинет?
member-offline-open = Файлдар менен иштөө
member-in = Сиз { $slot } катары кол коёсуз: { $person }.
member-in-offline = Сиз { $slot } катары, тармаксыз машинадан келген файлдар менен кол коёсуз: { $person }.
member-leave = Ачкычты унутуп, чыгуу
member-key-not_a_key = Бул жабык ачкычтын файлы эмес
member-key-wrong_passphrase = Сырсөз туура эмес
member-key-passphrase_needed = Файл шифрленген: сырсөз керек
member-key-scheme = Файл браузер окуй албаган ыкма менен шифрленген; esep keygen сыяктуу PBES2, PBKDF2 жана AES колдонуңуз
member-key-no_ed25519 = Бул браузер Ed25519 кол тамгасын билбейт
member-key-foreign = Бул Эсеп комиссиясынын азыркы мүчөсүнүн ачкычы эмес
member-own = сиз

# Эмне кылуу керек
member-now-title = Азыр кылынуучу иштер
member-who-title = Ким эмне кылды
member-nothing = Азыр кыла турган иш жок.
member-each = Ар ким өзүнчө. Али кыла элек: { $slots }.
member-together = Чогуу: бир долбоор, { $n } кол тамга.
member-you = { $slot } (сиз)
member-from = Эң эрте: { $time }.
member-until = Эң кеч: { $time }.
member-now = азыр
member-waits = башкаларды күтүүдө
member-later = кийин
member-nobody = эч ким
member-yes = ооба
member-no = жок
member-task-cards_prepared = Добуш берүү карточкаларын журналга киргизүү
member-task-attendance = Катышууну белгилөө
member-task-lot_committed = Чүчү кулак үчүн санды бекитүү
member-task-polling_opened = Добуш берүүнү ачуу
member-task-polling_closed = Добуш берүүнү жабуу
member-task-lot_revealed = Чүчү кулактын санын ачуу
member-task-ballots_opened = Кутуну ачуу
member-task-ballots_signed = Ар бир бюллетенди окуп, кол коюу
member-task-lot_drawn = Залда кармалган чүчү кулакты жазуу
member-task-protocol_signed = Протоколго кол коюу, өзгөчө пикир кошуу же баш тартуу
member-task-certification = Натыйжаны бекитүү
member-col-opening = Ачылууга катышуу
member-col-commitment = Чүчү кулактын саны
member-col-closing = Жабылууга катышуу
member-col-reveal = Сан ачылды
member-col-ballots = Бюллетендерге кол коюлду
member-col-protocol = Протокол
member-word-open = азырынча жок
member-word-done = аткарылды
member-word-absent = катышкан жок
member-word-signed = кол коюлду
member-word-dissenting = өзгөчө пикир менен кол коюлду
member-word-refusing = баш тартты
member-word-opening = ачылуу
member-word-closing = жабылуу
member-word-ballots = бюллетендерге кол коюу
member-word-protocol = протоколго кол коюу

# Долбоорлор
member-drafts-title = Кол коюуну күткөн долбоорлор
member-no-drafts = Күткөн долбоор жок.
member-new-draft = Долбоор сиздин кол тамгаңызды күтүп турат.
member-over = Бүткөн долбоорлор: { $n }
member-draft-title = Долбоор
member-draft-refuse = Макул эмес адам кол койбойт же долбоорду кайтарып алат.
member-draft-open = күтүүдө
member-draft-stale = кечикти
member-draft-entered = журналда
member-draft-refused = четке кагылды
member-draft-withdrawn = кайтарып алынды
member-stale-why = Ошондон бери журналга башка жазуу кошулду же мөөнөтү бүттү. Аны кайтарып алып, кайра түзүңүз.
member-signed-by = Кол койгондор:
member-unsigned-by = Али кол коё элек:
member-read-sign = Окуп, кол коюу
member-read = Окуу
member-withdraw = Долбоорду кайтарып алуу
member-withdrawn = Долбоор кайтарып алынды.
member-refused = Кеңсе кабыл алган жок
member-laid = Долбоор кол коюуну күтүүдө. Али кол коё элек: { $slots }.
member-done = Бүттү
member-accepted = Журналга { $seq }-жазуу болуп кирди.
member-receipt-hint = Тилкат анын кабыл алынганын далилдейт.
member-receipt = Тилкатты сактоо
member-review = Эмнеге кол коёрүңүздү окуңуз
member-not-sign = Кол койбоо
member-compare = Жогорудагынын баары кол коюлуучу байттардын өзүнөн окулду. Кодду үн чыгарып окуңуз: бир эле долбоордо ал төртөөңүздө тең бирдей болушу керек.
member-aloud = Үн чыгарып окулуучу код:
member-header = Бул эмнеге тиешелүү
member-others-title = Башка иштер

# Тармаксыз машина
member-offline-title = Тармаксыз машинада кол коюу
member-offline-save = Файлды сактоо
member-offline-1 = { $name } файлын сактап, тармаксыз машинага алып барыңыз.
member-offline-2 = Ал жерде өз ачкыч файлыңыз менен:
member-offline-3 = Чыккан файлды алып келиңиз
member-offline-other = Бул файл башка суроонун жообу
member-offline-unsigned = Файлда сиздин кол тамгаңыз жок
member-offline-wrong = Файлдагы кол тамга дал келбейт
member-offline-length = Файлда ар бир бюллетенге бирден кол тамга жок
member-offline-unreadable = Файл окулбайт

# Формалар
member-do-attendance = Катышканымды белгилөө
    .why = Ачылууда же жабылууда залда экениңиз журналга жазылат (R16).
member-do-cards_prepared = Карточкаларды киргизүү
    .why = esep cards түзгөн ачык ачкычтардын тизмеси журналга кирет. Карточкалардын коддору кагазда гана калат.
member-do-lot_committed = Санды бекитүү
    .why = Чүчү кулак керек болсо, ал төрт сандан түзүлөт. Сиздики ушул жерде алынат; добуш берүүгө чейин анын дайджести гана жарыяланат.
member-do-polling_opened = Добуш берүүнү ачуу
    .why = Бул жазуудан тартып бюллетендер кабыл алынат.
member-do-polling_closed = Добуш берүүнү жабуу
    .why = Ким карточка алганын, кутуда эмне барын жана кайсы карточкалар кайтканын бир да бюллетень ачыла электе бекитет.
member-do-lot_revealed = Санымды ачуу
    .why = Сиз сактаган файлдан. Чүчү кулак керек болорун азыр эч ким биле албайт.
member-do-ballots_opened = Кутуну ачуу
    .why = Бардык бюллетендер журналга бир убакта, ким качан добуш бергенин билдирбеген тартипте кирет.
member-do-ballots_signed = Бюллетендерди окуп, кол коюу
    .why = Ар бир бюллетень журналда кандай турса, ошондой көрсөтүлөт. Баарына кол коюлат же бирине да коюлбайт.
member-do-lot_drawn = Чүчү кулакты жазуу
    .why = Добушу тең талапкерлер залда чыккан тартиби менен.
member-do-protocol_signed = Протокол
    .why = Аны окуңуз; андан соң кол коюңуз, өзгөчө пикир менен кол коюңуз же баш тартыңыз.
member-do-certification = Натыйжаны бекитүү
    .why = Протоколду, төрт мүчөнүн ар биринин чечимин жана мөөнөттү бекитет.
member-do-absence_attested = Жоктугун күбөлөндүрүү
    .why = Мүчө жок экенин же өтө көп унчукпаганын калгандардын баары чогуу күбөлөндүрөт (R16).
member-do-objection = Каршы пикир айтуу
    .why = Каршы пикир протоколго сөзмө-сөз кирет.
member-do-card_disputed = Талаштуу карточканы жазуу
    .why = Добуш берүүчү карточканын колдонулганын же көчүрүлгөнүн байкады.
member-do-annulment = Конкурсту жокко чыгаруу
    .why = Чогуу, себебин жарыялап.
member-do-key_replaced = Ачкычты алмаштыруу
    .why = Ошол эле адам жаңы ачкыч алат: эски ачкычтын өзү менен же калган үчөөнүн кол тамгасы менен.
member-do-member_replaced = Мүчөнү алмаштыруу
    .why = Ошол эле органдан башка адам: кетип жаткан мүчөнүн же калган үчөөнүн кол тамгасы менен (R16).
member-needed = Муну толтуруу керек
member-needed-file = Файлды тандаңыз
member-left = Дагы { $n } белги жазса болот
member-published = Сөзмө-сөз жана түбөлүккө жарыяланат, эң көп 4 000 белги. Жеке маалыматты жазбаңыз.
member-cards-hint = esep cards түзгөн cards.keys файлы. Кеминде { $n } карточка жана запас керек.
member-keys-count = Файлда { $n } карточка бар.
member-bad-keys = Бул ачкычтардын тизмеси эмес: ар бир карточкага 32 байт керек
member-unsorted-keys = Ачкычтар белгиси боюнча иреттелген эмес; тизмени esep cards менен түзүңүз
member-nonce-hint = Сан ушул баракта алынат, аны эч ким көрбөйт. Аны файлга сактап, добуш берүү жабылганга чейин сактаңыз: ансыз чүчү кулактагы үлүшүңүз жоголот.
member-keep-nonce = Санымды файлга сактоо
member-kept = Сакталды. Файл ордунда экенин текшерип, анан улантыңыз.
member-nonce-first = Адегенде саныңызды сактаңыз
member-nonce-file-hint = Санды бекитип жатканда сактаган файлыңыз.
member-bad-nonce-file = Файлда бул тур үчүн сиздин саныңыз жок
member-closes-announced = Добуш берүү жарыяланган убакытта жабылат: { $time }.
member-closes-hint = Бишкек убактысы, 14 күндүн ичинде.
member-roll-hint = Карточка алгандардын баарын, бюллетень бербегендерин да белгилеңиз.
member-roll-all = Баарын белгилөө
member-roll-file-hint = Же: ар бир сапта бирден белги жазылган файл (добуш берүүчүлөр: { $n }).
member-needed-roll = Карточканы ким алганын көрсөтүңүз
member-unused-hint = Эч ким албаган карточкалар: алардын esep cards --codes түзгөн тизмеси. Файл жок болсо, андай карточка жок.
member-spoiled-hint = Бузулуп, кайтарылган карточкалар. Файл жок болсо, андай карточка жок.
member-order-hint = Биринчи чыкканга 1, экинчисине 2, ушинтип акыркысына { $n } деп жазыңыз.
member-bad-order = 1–{ $n } аралыгындагы ар бир орун бирден жазылат
member-record-hint = Чүчү кулак кантип кармалганы жана аны ким көргөнү. Сөзмө-сөз жарыяланат.
member-term-hint = Мөөнөттүн акыркы күнү эсептелет: { $n } жылдан кийин.
member-slots-open = Азырынча бүтпөгөндөр: { $slots }
member-absent-who = Кайсы ишке катышкан жок: { $duty ->
    [closing] жабылууга
    [ballots] бюллетендерге кол коюуга
   *[protocol] протоколго кол коюуга
  }
member-absent-hint = Долбоорго калган мүчөлөрдүн баары кол коюшу керек.
member-ballot-hint = Сөз болгон бюллетендин дайджести.
member-card-hint = Карточкада басылган код же анын ачкычынын белгиси. Код ушул баракта гана калат.
member-bad-card = Код ката жазылган
member-outside-hint = Соттун же башка органдын актысынын SHA-256 дайджести.
member-whose = Кимдики
member-new-key = Жаңы ачкыч
member-new-passphrase-hint = Файлды коргойт.
member-make-key = Ачкыч жасап, сактоо
member-enrolment-hint = Же: esep enrol өз ачкычынан түзгөн файл.
member-bad-enrolment = Бул esep enrol түзгөн файл эмес
member-key-first = Ачкыч жасаңыз же каттоо файлын алып келиңиз

# Бюллетендер
member-box-good = Журналдан { $n } бюллетень окулду: алар добуш берүү жабылганда бекитилгендердин дал өзү.
member-box-bad = Журналдагы { $n } бюллетень добуш берүү жабылганда бекитилгендер эмес. Кол койбоңуз: башка мүчөлөргө жана байкоочуларга айтыңыз.
member-box-empty = Куту бош болчу.
member-reader = Бюллетендер бирден
member-reader-keys = Жебелүү баскычтар кийинки жана мурунку бюллетенге, Page Up менен Page Down онго, Home менен End биринчисине жана акыркысына өтөт.
member-ballot-title = { $of } бюллетендин { $n }-си
member-ballot-before = Мурунку
member-ballot-after = Кийинки
member-ballot-go = Бюллетень
member-ballot-object = Бул бюллетень боюнча каршы пикир
member-candidate = Талапкер
member-rating = Упай
member-blank = бош
member-sign-all = { $n } бюллетендин баарына кол коюу
member-signing = Кол коюлду: { $n } / { $of }

# Протокол
member-elected = Шайлангандар: { $n }
member-reserve = Резерв: { $n }
member-unfilled = Бош калган орундар: { $n }
member-rank = Орду
member-by = Эмне менен
member-by-vote = рейтингдик добуш берүү
member-by-repeat_vote = кайра добуш берүү
member-by-lot = чүчү кулак
member-by-by_hand = залда кармалган чүчү кулак
member-by-succession = чыгып кеткендин ордуна
member-all-fields = Анда жазылгандын баары
member-protocol-page = Басып чыгаруучу протокол (жаңы өтмөк)
member-protocol-sign = Кол коюу
member-protocol-dissent = Өзгөчө пикир менен кол коюу
member-protocol-refuse = Кол коюудан баш тартуу
member-warn-protocol_dissented = Сиз протоколго кол коюп, өзгөчө пикириңизди кошосуз. Ал сиздин атыңыздан сөзмө-сөз жарыяланат, аны кайтарып алууга болбойт.
member-warn-protocol_refused = Сиз протоколго кол койбойсуз. Себеби сиздин атыңыздан сөзмө-сөз жарыяланат, аны кайтарып алууга болбойт.

# Иштер сөз менен
member-act-attendance = { $slot }: добуш берүүнүн { $at ->
    [opening] ачылышына
   *[closing] жабылышына
  } катышып жатат.
member-act-cards_prepared = { $round }-тур үчүн { $cards } добуш берүү карточкасы даярдалды.
member-act-lot_committed = { $slot }: { $round }-турдун чүчү кулагы үчүн санын бекитет.
member-act-polling_opened = { $round }-турдун добуш берүүсү ачылат; бюллетендер кабыл алынуучу мөөнөт: { $time }.
member-act-polling_closed = { $round }-турдун добуш берүүсү жабылды. Алынган карточка: { $taken }; кутудагы бюллетень: { $ballots }; колдонулбаган карточка: { $unused }; бузулган карточка: { $spoiled }.
member-act-lot_revealed = { $slot }: { $round }-турдун чүчү кулагынын санын ачат.
member-act-ballots_opened = { $round }-турдун кутусу ачылып, бюллетендери журналга кирет.
member-act-ballots_signed = { $slot }: { $round }-турдун ар бир бюллетенине кол койду.
member-act-objection = { $slot }: каршы пикири бар.
member-act-card_disputed = { $slot }: карточка боюнча талашты жазат.
member-act-protocol_signed = { $slot }: протоколго кол коёт.
member-act-protocol_refused = { $slot }: протоколго кол коюудан баш тартат.
member-act-protocol_dissented = { $slot }: протоколго өзгөчө пикир менен кол коёт.
member-act-absence_attested = { $duty ->
    [closing] Добуш берүүнүн жабылышына катышпагандар
    [ballots] Бюллетендерге кол койбогондор
   *[protocol] Протоколго кол койбогондор
  }: { $slots }.
member-act-lot_drawn = Залда кармалган чүчү кулактын тартиби: { $order }.
member-act-certification = Натыйжа бекитилет. Мөөнөтү: { $from } – { $to }.
member-act-annulment = Конкурс жокко чыгарылат.
member-act-key_replaced = { $slot }: ачкычы алмашат.
member-act-member_replaced = { $slot }: жаңы мүчөсү — { $person }.
member-act-draft_withdrawal = Долбоор кайтарып алынат.
member-act-session = Купуя маалыматты окуу үчүн сеанс ачат; эч нерсени өзгөртпөйт.

# Талаалар
member-field-slot = Орган
member-field-slots = Органдар
member-field-at = Качан
member-field-duty = Кайсы иш
member-field-person = Адам
member-field-reason = Себеби
member-field-text = Текст
member-field-record = Жазуу
member-field-cards = Карточкалар
member-field-count = саны
member-field-bytes = байт
member-field-sha256 = SHA-256
member-field-commitment = Сандын дайджести
member-field-reveal = Сан
member-field-closes_at = Бюллетендер кабыл алынат
member-field-box_root = Кутунун тамыры
member-field-box_count = Кутудагы бюллетендер
member-field-roll = Карточка алгандар
member-field-roll-file = Карточка алгандардын файлы
member-field-taken = Алынган карточкалар
member-field-unused = Колдонулбаган карточкалар
member-field-spoiled = Бузулган карточкалар
member-field-signatures = Бюллетендерге коюлган кол тамгалар
member-field-ballot = Бюллетень
member-field-card = Карточка
member-field-protocol = Протоколдун дайджести
member-field-signature = Протоколго коюлган кол тамга
member-field-outcome = чечими
member-field-order = Тартиби
member-field-term_start = Мөөнөттүн биринчи күнү
member-field-term_end = Мөөнөттүн акыркы күнү
member-field-outside_act = Сырткы актынын дайджести
member-field-enrolment = Жаңы ачкыч
member-field-enrolment-file = Каттоо файлы
member-field-nonce-file = Саныңыз жазылган файл
member-field-key = ачкыч
member-field-possession = ээлик кылуунун далили
member-field-draft = Долбоор
member-field-competition = Конкурс
member-field-round = Тур
member-field-rules = Эрежелердин дайджести
member-field-candidates = Талапкерлер тизмесинин дайджести
member-field-head = Буга чейинки журнал
member-field-size = жазуулар
member-field-root = тамыры
member-field-phase = Баскыч
member-field-not_after = Кабыл алынуучу мөөнөт
member-field-nonce = Кокустук сан
member-field-place = Жери
member-field-ledger = Буга чейинки журнал
member-field-rounds = Турлар
member-field-result = Натыйжа
member-field-objections = Каршы пикирлер
member-field-counts = Сандар
member-field-rehearsal = Репетиция

# Документ түрүндөгү протокол
member-paper-title = Протокол
member-paper-none = Протокол али жок: ал эсептен кийин чыгат.
member-paper-print = Басып чыгаруу үчүн браузердин басып чыгаруу буйругун колдонуңуз.
member-paper-open = Анын байттары али бекитилген эмес: аларды мүчөнүн протоколго жасаган биринчи иши бекитет.
member-paper-place = Добуш берүү болгон жер
member-paper-round = { $n }-тур
member-paper-seats = Орундар
member-paper-electors = Добуш берүүчүлөр
member-paper-polling = Добуш берүү
member-paper-times = { $from } – { $to }
member-paper-prepared = Даярдалган карточкалар
member-paper-cast = Кутудагы бюллетендер
member-paper-valid = Жарактуу бюллетендер
member-paper-invalid = Жараксыз бюллетендер
member-paper-totals = Жыйынтык, { $n }-тур
member-paper-total = Сумма
member-paper-rated = Упай койгон бюллетендер
member-paper-ties = Акыркы орунда добуштардын тең болушу
member-paper-tie = { $round }-тур: { $seats } орунга добуштар тең: { $tied }.
member-paper-rule-repeat_vote = Кайра добуш берүү менен чечилди.
member-paper-rule-lot = Чүчү кулак менен чечилди, тартиби: { $order }.
member-paper-rule-by_hand = Залда кармалган чүчү кулак менен чечилди, тартиби: { $order }.
member-paper-rule-none = Чечилген жок: орундар бош калат.
member-paper-objections = Каршы пикирлер
member-paper-no-objections = Каршы пикир жок.
member-paper-numbers = Талапкер көрсөтүүлөр: { $nominations }; кайтарып алынганы: { $withdrawn }; баш тартылганы: { $refused }; катталганы: { $admitted }; даттануулар: { $appeals }; талаштар: { $contests }; талаштуу карточкалар: { $disputed }.
member-paper-slots = Эсеп комиссиясы
member-paper-digest = Протоколдун SHA-256 дайджести
