# Рабочий стол члена Счётной комиссии.
member-title = Рабочий стол Счётной комиссии
member-lead = Что и кому нужно сделать сейчас и что ждёт подписи.
member-date = { $day } { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
  } { $year } года
member-reload = Без JavaScript страница сама не обновляется: перезагрузите её, чтобы увидеть изменения.
member-offline-way = Без JavaScript, или если ключ хранится на другой машине, действия совершают в командной строке: esep statement, esep sign, esep post. Документ «Operations» описывает это по шагам.

# Ключ
member-key-title = Ваш ключ
member-key-lead = Файл ключа открывается на этой странице. Он не покидает браузер, и извлечь открытый ключ уже нельзя; когда вы закроете страницу, она его забудет.
member-key-file = Файл ключа
member-key-file-hint = Файл PEM (PKCS#8), зашифрованный или нет.
member-passphrase = Парольная фраза
member-open-key = Открыть ключ
member-offline-heading = Или ключ остаётся на автономной машине
member-offline-lead = Каждый запрос сохраняют файлом, подписывают там командой esep sign и приносят обратно.
member-offline-who = Чью подпись будут приносить?
member-offline-open = Работать с файлами
member-in = Вы подписываете как { $slot }: { $person }.
member-in-offline = Вы подписываете как { $slot }: { $person }, файлами с автономной машины.
member-leave = Забыть ключ и выйти
member-key-not_a_key = Это не файл закрытого ключа
member-key-wrong_passphrase = Парольная фраза неверна
member-key-passphrase_needed = Файл зашифрован: нужна парольная фраза
member-key-scheme = Файл зашифрован способом, который браузер не читает; нужен PBES2 с PBKDF2 и AES, как у esep keygen
member-key-no_ed25519 = Этот браузер не умеет подписывать Ed25519
member-key-foreign = Это не ключ действующего члена Счётной комиссии
member-own = вы

# Что нужно сделать
member-now-title = Сделать сейчас
member-who-title = Кто что сделал
member-nothing = Сейчас делать ничего не нужно.
member-each = Каждый отдельно. Ещё не сделали: { $slots }.
member-together = Вместе: один проект, { $n ->
    [one] { $n } подпись
    [few] { $n } подписи
    [many] { $n } подписей
   *[other] { $n } подписи
  }.
member-you = { $slot } (вы)
member-from = Не раньше: { $time }.
member-until = Не позже: { $time }.
member-now = сейчас
member-waits = ждёт других
member-later = позже
member-nobody = никто
member-yes = да
member-no = нет
member-task-cards_prepared = Внести в журнал карточки для голосования
member-task-attendance = Отметить присутствие
member-task-lot_committed = Закрепить число для жребия
member-task-polling_opened = Открыть голосование
member-task-polling_closed = Закрыть голосование
member-task-lot_revealed = Раскрыть число для жребия
member-task-ballots_opened = Вскрыть урну
member-task-ballots_signed = Прочитать и подписать каждый бюллетень
member-task-lot_drawn = Записать жребий, проведённый в зале
member-task-protocol_signed = Подписать протокол, приложить особое мнение или отказаться
member-task-certification = Утвердить результат
member-col-opening = Присутствие при открытии
member-col-commitment = Число для жребия
member-col-closing = Присутствие при закрытии
member-col-reveal = Число раскрыто
member-col-ballots = Бюллетени подписаны
member-col-protocol = Протокол
member-word-open = ещё нет
member-word-done = сделано
member-word-absent = отсутствует
member-word-signed = подписан
member-word-dissenting = подписан с особым мнением
member-word-refusing = отказ
member-word-opening = открытие
member-word-closing = закрытие
member-word-ballots = подписание бюллетеней
member-word-protocol = подписание протокола

# Проекты
member-drafts-title = Проекты, которые ждут подписей
member-no-drafts = Таких проектов нет.
member-new-draft = Проект ждёт вашей подписи.
member-over = Завершённые проекты: { $n }
member-draft-title = Проект
member-draft-refuse = Кто не согласен, не подписывает или отзывает проект.
member-draft-open = ждёт
member-draft-stale = опоздал
member-draft-entered = в журнале
member-draft-refused = отклонён
member-draft-withdrawn = отозван
member-stale-why = С тех пор в журнал внесено другое, или срок проекта истёк. Отзовите его и составьте заново.
member-signed-by = Подписали:
member-unsigned-by = Ещё не подписали:
member-read-sign = Прочитать и подписать
member-read = Прочитать
member-withdraw = Отозвать проект
member-withdrawn = Проект отозван.
member-refused = Служба не приняла
member-laid = Проект ждёт подписей. Ещё не подписали: { $slots }.
member-done = Готово
member-accepted = Внесено в журнал, запись № { $seq }.
member-receipt-hint = Расписка доказывает, что это принято.
member-receipt = Сохранить расписку
member-review = Прочитайте, что подписываете
member-not-sign = Не подписывать
member-compare = Всё выше прочитано из тех самых байтов, которые подписывают. Прочитайте код вслух: у одного и того же проекта он у всех четверых одинаков.
member-aloud = Код, чтобы прочитать вслух:
member-header = К чему это относится
member-others-title = Другие действия

# Автономная машина
member-offline-title = Подписать на автономной машине
member-offline-save = Сохранить файл
member-offline-1 = Сохраните { $name } и перенесите на автономную машину.
member-offline-2 = Там, со своим файлом ключа:
member-offline-3 = Принесите файл, который получился
member-offline-other = Этот файл отвечает на другой запрос
member-offline-unsigned = В файле нет вашей подписи
member-offline-wrong = Подпись в файле не сходится
member-offline-length = В файле не по одной подписи на каждый бюллетень
member-offline-unreadable = Файл не читается

# Формы
member-do-attendance = Отметить моё присутствие
    .why = В журнал вносят, что вы в зале, при открытии или при закрытии (R16).
member-do-cards_prepared = Внести карточки
    .why = В журнал вносят список открытых ключей, который сделала команда esep cards. Коды карточек остаются на бумаге.
member-do-lot_committed = Закрепить число
    .why = Если понадобится жребий, он складывается из четырёх чисел. Ваше берётся здесь; до голосования публикуют только его дайджест.
member-do-polling_opened = Открыть голосование
    .why = С записи этого действия принимают бюллетени.
member-do-polling_closed = Закрыть голосование
    .why = Закрепляет, кто взял карточку, что лежит в урне и какие карточки вернулись, — до вскрытия хотя бы одного бюллетеня.
member-do-lot_revealed = Раскрыть моё число
    .why = Из файла, который вы сохранили. Пока никто не может знать, понадобится ли жребий.
member-do-ballots_opened = Вскрыть урну
    .why = Все бюллетени сразу вносят в журнал в порядке, который не говорит, кто и когда голосовал.
member-do-ballots_signed = Прочитать и подписать бюллетени
    .why = Каждый бюллетень показан так, как он стоит в журнале. Подписывают все или ни одного.
member-do-lot_drawn = Записать жребий
    .why = Кандидаты с равенством голосов в том порядке, в каком их вытянули в зале.
member-do-protocol_signed = Протокол
    .why = Прочитайте его; затем подпишите, подпишите с особым мнением или откажитесь.
member-do-certification = Утвердить результат
    .why = Закрепляет протокол, как поступил с ним каждый из четверых, и срок полномочий.
member-do-absence_attested = Засвидетельствовать отсутствие
    .why = Все остальные вместе свидетельствуют, что член комиссии отсутствует или слишком долго молчит (R16).
member-do-objection = Возразить
    .why = Возражение входит в протокол слово в слово.
member-do-card_disputed = Записать спор о карточке
    .why = Голосующий обнаружил, что карточку использовали или скопировали.
member-do-annulment = Отменить конкурс
    .why = Вместе, с опубликованной причиной.
member-do-key_replaced = Заменить ключ
    .why = Тот же человек получает новый ключ: по одному старому ключу или по подписям трёх остальных.
member-do-member_replaced = Заменить члена комиссии
    .why = Другой человек от того же органа: по подписи уходящего или трёх остальных (R16).
member-needed = Это нужно заполнить
member-needed-file = Выберите файл
member-left = { $n ->
    [one] Остался { $n } знак
    [few] Осталось { $n } знака
    [many] Осталось { $n } знаков
   *[other] Осталось { $n } знака
  }
member-published = Публикуется слово в слово и навсегда, не более 4 000 знаков. Не пишите ничего личного.
member-cards-hint = Файл cards.keys, который сделала команда esep cards. Карточек нужно не меньше { $n } и запас.
member-keys-count = Карточек в файле: { $n }.
member-bad-keys = Это не список ключей: по 32 байта на карточку
member-unsorted-keys = Ключи не упорядочены по отпечатку; сделайте список командой esep cards
member-nonce-hint = Число берётся на этой странице, его никто не видит. Сохраните его в файл и храните до закрытия голосования: без него ваша доля в жребии пропадёт.
member-keep-nonce = Сохранить моё число в файл
member-kept = Сохранено. Убедитесь, что файл на месте, и продолжайте.
member-nonce-first = Сначала сохраните число
member-nonce-file-hint = Файл, который вы сохранили, когда закрепляли число.
member-bad-nonce-file = В файле не ваше число для этого тура
member-closes-announced = Голосование закрывается в объявленное время: { $time }.
member-closes-hint = По Бишкеку, в пределах 14 дней.
member-roll-hint = Отметьте всех, кто взял карточку, в том числе тех, кто не подал бюллетень.
member-roll-all = Отметить всех
member-roll-file-hint = Вместо этого: файл, по одному номеру в строке (голосующих: { $n }).
member-needed-roll = Укажите, кто взял карточку
member-unused-hint = Карточки, которых никто не взял: их список, сделанный esep cards --codes. Нет файла — нет таких карточек.
member-spoiled-hint = Испорченные и возвращённые карточки. Нет файла — нет таких карточек.
member-order-hint = Напишите 1 у вытянутого первым, 2 у второго и так до { $n }.
member-bad-order = Каждое место от 1 до { $n } один раз
member-record-hint = Как проводили жребий и кто это видел. Публикуется слово в слово.
member-term-hint = Последний день срока вычисляется; лет: { $n }.
member-slots-open = Ещё не завершили: { $slots }
member-absent-who = Отсутствует { $duty ->
    [closing] при закрытии
    [ballots] при подписании бюллетеней
   *[protocol] при подписании протокола
  }
member-absent-hint = Проект должны подписать все остальные члены комиссии.
member-ballot-hint = Дайджест бюллетеня, о котором идёт речь.
member-card-hint = Код карточки, как он напечатан, или отпечаток её ключа. Код остаётся на этой странице.
member-bad-card = В коде опечатка
member-outside-hint = SHA-256 акта суда или другого органа.
member-whose = Чей
member-new-key = Новый ключ
member-new-passphrase-hint = Защищает файл.
member-make-key = Создать ключ и сохранить
member-enrolment-hint = Вместо этого: файл, который esep enrol сделала из своего ключа.
member-bad-enrolment = Это не файл команды esep enrol
member-key-first = Создайте ключ или принесите файл регистрации

# Бюллетени
member-box-good = { $n ->
    [one] { $n } бюллетень прочитан из журнала: это именно то, что закреплено при закрытии голосования.
    [few] { $n } бюллетеня прочитаны из журнала: это именно те, что закреплены при закрытии голосования.
    [many] { $n } бюллетеней прочитаны из журнала: это именно те, что закреплены при закрытии голосования.
   *[other] { $n } бюллетеня прочитаны из журнала: это именно те, что закреплены при закрытии голосования.
  }
member-box-bad = Бюллетени в журнале ({ $n }) не те, что закреплены при закрытии голосования. Не подписывайте: сообщите другим членам комиссии и наблюдателям.
member-box-empty = Урна была пуста.
member-reader = Бюллетени по одному
member-reader-keys = Клавиши со стрелками переходят к следующему и предыдущему бюллетеню, Page Up и Page Down — через десять, Home и End — к первому и последнему.
member-ballot-title = Бюллетень { $n } из { $of }
member-ballot-before = Предыдущий
member-ballot-after = Следующий
member-ballot-go = Бюллетень
member-ballot-object = Возразить по этому бюллетеню
member-candidate = Кандидат
member-rating = Балл
member-blank = пусто
member-sign-all = { $n ->
    [one] Подписать бюллетень ({ $n })
   *[other] Подписать все бюллетени ({ $n })
  }
member-signing = Подписано: { $n } из { $of }

# Протокол
member-elected = Избрано: { $n }
member-reserve = Резерв: { $n }
member-unfilled = Мест остаются незанятыми: { $n }
member-rank = Место
member-by = Чем
member-by-vote = рейтинговое голосование
member-by-repeat_vote = повторное голосование
member-by-lot = жребий
member-by-by_hand = жребий в зале
member-by-succession = вместо выбывшего
member-all-fields = Всё, что в нём стоит
member-protocol-page = Протокол документом для печати (новая вкладка)
member-protocol-sign = Подписать
member-protocol-dissent = Подписать с особым мнением
member-protocol-refuse = Отказаться от подписи
member-warn-protocol_dissented = Вы подписываете протокол и прилагаете особое мнение. Его публикуют слово в слово под вашим именем, и отозвать его нельзя.
member-warn-protocol_refused = Вы не подписываете протокол. Причину публикуют слово в слово под вашим именем, и отозвать её нельзя.

# Действия словами
member-act-attendance = { $slot }: присутствует при { $at ->
    [opening] открытии
   *[closing] закрытии
  } голосования.
member-act-cards_prepared = Для тура { $round } подготовлены карточки для голосования: { $cards }.
member-act-lot_committed = { $slot }: закрепляет число для жребия, тур { $round }.
member-act-polling_opened = Открывается голосование, тур { $round }; бюллетени принимают до: { $time }.
member-act-polling_closed = Голосование закрыто, тур { $round }. Карточек взято: { $taken }; бюллетеней в урне: { $ballots }; неиспользованных карточек: { $unused }; испорченных: { $spoiled }.
member-act-lot_revealed = { $slot }: раскрывает число для жребия, тур { $round }.
member-act-ballots_opened = Урна тура { $round } вскрыта, бюллетени входят в журнал.
member-act-ballots_signed = { $slot }: подписан каждый бюллетень тура { $round }.
member-act-objection = { $slot }: возражение.
member-act-card_disputed = { $slot }: записан спор о карточке.
member-act-protocol_signed = { $slot }: протокол подписан.
member-act-protocol_refused = { $slot }: отказ подписать протокол.
member-act-protocol_dissented = { $slot }: протокол подписан с особым мнением.
member-act-absence_attested = Отсутствие { $duty ->
    [closing] при закрытии голосования
    [ballots] при подписании бюллетеней
   *[protocol] при подписании протокола
  }: { $slots }.
member-act-lot_drawn = Жребий в зале дал такой порядок: { $order }.
member-act-certification = Результат утверждён. Срок полномочий: с { $from } по { $to }.
member-act-annulment = Конкурс отменяется.
member-act-key_replaced = { $slot }: новый ключ.
member-act-member_replaced = { $slot }: новый член комиссии — { $person }.
member-act-draft_withdrawal = Проект отзывается.
member-act-session = Открывает сеанс для чтения закрытых сведений; ничего не меняет.

# Поля
member-field-slot = Орган
member-field-slots = Органы
member-field-at = Когда
member-field-duty = Чего не сделано
member-field-person = Человек
member-field-reason = Причина
member-field-text = Текст
member-field-record = Запись
member-field-cards = Карточки
member-field-count = число
member-field-bytes = байтов
member-field-sha256 = SHA-256
member-field-commitment = Дайджест числа
member-field-reveal = Число
member-field-closes_at = Бюллетени до
member-field-box_root = Корень урны
member-field-box_count = Бюллетеней в урне
member-field-roll = Кто взял карточку
member-field-roll-file = Файл со взявшими карточку
member-field-taken = Карточек взято
member-field-unused = Неиспользованные карточки
member-field-spoiled = Испорченные карточки
member-field-signatures = Подписи над бюллетенями
member-field-ballot = Бюллетень
member-field-card = Карточка
member-field-protocol = Дайджест протокола
member-field-signature = Подпись над протоколом
member-field-outcome = исход
member-field-order = Порядок
member-field-term_start = Первый день срока
member-field-term_end = Последний день срока
member-field-outside_act = Дайджест внешнего акта
member-field-enrolment = Новый ключ
member-field-enrolment-file = Файл регистрации ключа
member-field-nonce-file = Файл с вашим числом
member-field-key = ключ
member-field-possession = доказательство владения
member-field-draft = Проект
member-field-competition = Конкурс
member-field-round = Тур
member-field-rules = Дайджест правил
member-field-candidates = Дайджест списка кандидатов
member-field-head = Журнал перед этим
member-field-size = записей
member-field-root = корень
member-field-phase = Этап
member-field-not_after = Принимается до
member-field-nonce = Случайное число
member-field-place = Место
member-field-ledger = Журнал перед этим
member-field-rounds = Туры
member-field-result = Результат
member-field-objections = Возражения
member-field-counts = Числа
member-field-rehearsal = Репетиция

# Протокол документом
member-paper-title = Протокол
member-paper-none = Протокола ещё нет: он следует из подсчёта.
member-paper-print = Чтобы напечатать, воспользуйтесь командой печати браузера.
member-paper-open = Его байты ещё не закреплены: их закрепит первое действие члена комиссии с протоколом.
member-paper-place = Место голосования
member-paper-round = Тур { $n }
member-paper-seats = Места
member-paper-electors = Голосующих
member-paper-polling = Голосование
member-paper-times = с { $from } до { $to }
member-paper-prepared = Карточек подготовлено
member-paper-cast = Бюллетеней в урне
member-paper-valid = Действительных бюллетеней
member-paper-invalid = Недействительных бюллетеней
member-paper-totals = Итоги, тур { $n }
member-paper-total = Сумма
member-paper-rated = Бюллетеней с баллом
member-paper-ties = Равенство голосов за последнее место
member-paper-tie = Тур { $round }: равенство голосов, мест: { $seats }. Кандидаты: { $tied }.
member-paper-rule-repeat_vote = Решено повторным голосованием.
member-paper-rule-lot = Решено жребием в таком порядке: { $order }.
member-paper-rule-by_hand = Решено жребием в зале в таком порядке: { $order }.
member-paper-rule-none = Не решено: места остаются незанятыми.
member-paper-objections = Возражения
member-paper-no-objections = Возражений нет.
member-paper-numbers = Выдвижений: { $nominations }; отозвано: { $withdrawn }; отказано: { $refused }; допущено: { $admitted }; апелляций: { $appeals }; споров: { $contests }; споров о карточках: { $disputed }.
member-paper-slots = Счётная комиссия
member-paper-digest = SHA-256 протокола
