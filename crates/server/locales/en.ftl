# The sentences of `genvej policy explain`. Another language is one more file here, named by its tag: a test says what it lacks.

span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
span-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
span-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}

profile = The values start from the profile { $profile }.

pin-digits = The PIN code has { $digits } digits.
pin-lock = { $wrong } wrong PIN codes in a row lock the app for { $span }.
pin-block = { $wrong } wrong PIN codes in a row block the app until its owner recovers it.
pin-try-unfinished = A try that is not finished within { $ticket } counts as wrong.
pin-grant = Whoever is allowed to choose a new PIN code has { $grant } to do it.

temporary-pin = A temporary PIN has { $digits } digits, is valid for { $life }, works once and allows { $tries } wrong tries.
temporary-pin-issues = A person gets at most { $day } temporary PINs in 24 hours and { $month } in 30 days; a new one ends the old one.
temporary-pin-sms = It is sent by SMS only to a number that has been unchanged for { $age }.
temporary-pin-no-sms = It is never sent by SMS.

p-code = A P code has { $digits } digits, is valid for { $life } and can be used { $uses } times; { $wrong } that do not fit in 24 hours stop the app from trying more.

chip-face-tries = With passport or ID card a person has { $tries } tries at the face and { $cases } cases in 24 hours.
chip-face-presence-refused = A chip that cannot prove that it is present is refused.
chip-face-presence-once = A chip that cannot prove that it is present counts once in { $period }, and only with a document status less than { $age } old.
chip-face-liveness = The face has to be shown to be that of a living, present person.
chip-face-no-liveness = WARNING: nobody checks that the face is that of a living, present person.
chip-face-turn = Who turns the head is asked for at most { $degrees } degrees.
chip-face-prints = A check for prints and screens has to have looked at the pictures.
chip-face-uncovered = A face with a mask or sunglasses counts for nothing.
chip-face-light-noted = The screen lights the face with colours, unless the person wants none; whether they show is noted.
chip-face-light-decides = The screen lights the face with colours, unless the person wants none; where it does, they have to show.
chip-face-two-models = Two independent models have to have compared the faces.
chip-face-read-by-server = The server reads the chip; a phone only carries the bytes.

phone-closed = Nobody gets a temporary PIN by phone.
phone-questions = By phone up to { $asked } questions are asked, { $right } right answers are enough, and two wrong ones end it.
phone-guesses = A stranger guesses a set less than once in { $stranger }, somebody with the wallet less than once in { $wallet }.
phone-raised-bar = A failed call asks for { $extra } more right answer(s) for { $span }; it never touches the other routes.
phone-unknown-numbers = An agent who asks for more than { $agent } unknown numbers in { $window } is stopped; a centre at the larger of { $centre } and { $permille } per thousand of its calls.
phone-answers-decide = The answers decide together with the bound app and the age of the number.
phone-answers-refuse = The answers can only refuse; the bound app and the age of the number decide.
phone-no-questions = No questions are asked.

desk-questions = At the desk valid documentation and questions or a witness identify a person.
desk-no-questions = At the desk valid documentation and a second proof other than questions identify a person.
desk-chip = A chip that proves its presence at the desk is such a second proof.
desk-witness = A witness is { $years } or older, has had an eID for more than { $eid }, and vouches at most { $uses } times in { $window }.
desk-codes-shown = A code is shown on a paired screen or printed only where the rules refuse a text message or two clerks saw the same, at most { $shown } times in 24 hours by one clerk.
conduct-sample = { $permille } of 1,000 cases that staff hold are drawn for a second look, and twice as many of staff who work on a declared list.

bookings-sms = Bookings send at most { $number } text messages in 24 hours to one number, { $block } to one block of numbers at home ({ $home }) and { $country } to one country abroad.

self-service = By self-service a temporary PIN comes after a wait of { $wait } that can be stopped.
self-service-closed = There is no temporary PIN by self-service.

chaining = Within { $window } of a recovery the next one needs stronger or other evidence.
notices = Every recovery is announced to every channel, also to those removed within { $removed }.
veto-link = The link that stops it works for { $link }; chip and face end the freeze after { $freeze } at the earliest.
veto-second = A second stop within { $window } is lifted in person only.
