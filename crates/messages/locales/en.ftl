# Texts of SMS and e-mail; the arguments are explained in da.ftl.

clock = { $place ->
    [none] { $time }
   *[other] { $time } ({ $place })
}
month-name = { $month ->
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
   *[other] December
}
weekday-name = { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[other] Sunday
}
moment = { weekday-name } { $day } { month-name } { $year } at { clock }
# Until when: the day only where it is another one than today.
until = { $days ->
    [today] { clock }
   *[other] { moment }
}

temporary-pin-sms = { $service }: Your temporary PIN is { $code }. It is valid until { until }. Enter it only in your own app. Nobody will ever ask you for the code.

activation-sms = { $service }: Your activation code is { $code }. It is valid until { moment }. Enter it only in your own app. Nobody will ever ask you for the code.
activation-mail-subject = Your activation code
activation-mail-body = Hello

    Your activation code is { $code }.

    It is valid until { moment }. Enter it only in your own app. Nobody will ever ask you for the code.

    Kind regards
    { $service }

confirm-channel-sms = { $service }: The code { $code } confirms that this number is yours. It is valid until { until }. Nobody will ever ask you for the code.
confirm-channel-mail-subject = Confirm your e-mail address
confirm-channel-mail-body = Hello

    The code { $code } confirms that this e-mail address is yours. It is valid until { until }.

    If you did not add the address, you need not do anything. Nobody will ever ask you for the code.

    Kind regards
    { $service }

temporary-pin-issued-sms = { $service }: A temporary PIN for your app was sent on { moment }. Was it not you? Stop it here: { $link }
temporary-pin-issued-mail-subject = A temporary PIN was sent
temporary-pin-issued-mail-body = Hello

    A temporary PIN for your app was sent on { moment }.

    If you asked for it, you need not do anything.

    If it was not you, stop it here:
    { $link }

    You need not sign in to stop it, and the link works for 7 days. Nobody will ever ask you for a code.

    Kind regards
    { $service }

wait-begun-sms = { $service }: Somebody asked for a temporary PIN for your app on { moment }. It comes in 24 hours. Was it not you? Stop it here: { $link }
wait-begun-mail-subject = Somebody asked for a temporary PIN
wait-begun-mail-body = Hello

    Somebody asked for a temporary PIN for your app on { moment }. It comes in 24 hours.

    If it was you, you need not do anything.

    If it was not you, stop it here:
    { $link }

    You need not sign in to stop it.

    Kind regards
    { $service }

new-pin-allowed-sms = { $service }: Your app can now get a new PIN ({ moment }). Was it not you? Stop it here: { $link }
new-pin-allowed-mail-subject = Your app can now get a new PIN
new-pin-allowed-mail-body = Hello

    Your app can now get a new PIN. This happened on { moment }.

    If it was you, you need not do anything.

    If it was not you, stop it here:
    { $link }

    You need not sign in to stop it.

    Kind regards
    { $service }

recovered-sms = { $service }: Your app got a new PIN on { moment }. Was it not you? Block it here: { $link }
recovered-mail-subject = Your app got a new PIN
recovered-mail-body = Hello

    Your app got a new PIN. This happened on { moment }.

    If it was you, you need not do anything.

    If it was not you, block the app here:
    { $link }

    You need not sign in to block it, and the link works for 7 days.

    Kind regards
    { $service }

channels-changed-sms = { $service }: A number or address of your app was changed on { moment }. Was it not you? Tell us here: { $link }
channels-changed-mail-subject = Your contact details for the app were changed
channels-changed-mail-body = Hello

    A phone number or e-mail address of your app was added, changed or removed on { moment }.

    If it was you, you need not do anything.

    If it was not you, tell us here:
    { $link }

    You need not sign in to tell us, and the link works for 7 days.

    Kind regards
    { $service }

document-recorded-sms = { $service }: A foreign passport or ID card was recorded as yours on { moment }. Was it not you? Tell us here: { $link }
document-recorded-mail-subject = A foreign document was recorded as yours
document-recorded-mail-body = Hello

    A foreign passport or ID card was recorded as yours on { moment }. It can be used in the app in 5 days.

    If it was you, you need not do anything.

    If it was not you, tell us here:
    { $link }

    You need not sign in to tell us, and the link works for 7 days.

    Kind regards
    { $service }

stopped-sms = { $service }: A new PIN for your app was stopped on { moment }. Call { $phone } if it was not you who stopped it.
stopped-mail-subject = A new PIN was stopped
stopped-mail-body = Hello

    A new PIN for your app was stopped on { moment }.

    Call { $phone } if it was not you who stopped it.

    Kind regards
    { $service }

number-changed-sms = { $service }: The phone number of your app was changed on { moment }. For 5 days no temporary PIN can be sent to it. Was it not you? Call { $phone }.
number-changed-mail-subject = Your phone number was changed
number-changed-mail-body = Hello

    The phone number of your app was changed on { moment }.

    For 5 days no temporary PIN can be sent to it. If you need one before that, visit a Citizen Service Centre.

    If it was not you, call { $phone }.

    Kind regards
    { $service }

appointment-booked-sms = Your appointment at { $centre }: { moment }. { $address }. The reference is { $reference }. Bring valid documentation. Move or cancel: { $link }
appointment-booked-mail-subject = Your appointment at { $centre }
appointment-booked-mail-body = Hello

    You have an appointment at { $centre } on { moment }.

    Address: { $address }
    Reference: { $reference }

    Bring valid documentation. See what to bring, and move or cancel the appointment here:
    { $link }

    Kind regards
    { $service }

appointment-moved-sms = Your appointment at { $centre } was moved to { moment }. { $address }. The reference is { $reference }. Bring valid documentation. Move or cancel: { $link }
appointment-moved-mail-subject = Your appointment at { $centre } was moved
appointment-moved-mail-body = Hello

    Your appointment was moved. You now have an appointment at { $centre } on { moment }.

    Address: { $address }
    Reference: { $reference }

    Bring valid documentation. See what to bring, and move or cancel the appointment here:
    { $link }

    Kind regards
    { $service }

appointment-reminder-sms = Remember your appointment at { $centre }: { moment }. { $address }. Bring valid documentation. Move or cancel: { $link }
appointment-reminder-mail-subject = Remember your appointment at { $centre }
appointment-reminder-mail-body = Hello

    Remember that you have an appointment at { $centre } on { moment }.

    Address: { $address }
    Reference: { $reference }

    Bring valid documentation. See what to bring, and move or cancel the appointment here:
    { $link }

    Kind regards
    { $service }

appointment-cancelled-sms = Your appointment at { $centre } on { moment } is cancelled. Book a new one: { $link }
appointment-cancelled-mail-subject = Your appointment at { $centre } is cancelled
appointment-cancelled-mail-body = Hello

    Your appointment at { $centre } on { moment } is cancelled.

    Book a new one here:
    { $link }

    Kind regards
    { $service }

appointment-code-sms = { $service }: The code { $code } shows that the appointment { $reference } is yours. It is valid until { moment }.
appointment-code-mail-subject = Your code for the appointment { $reference }
appointment-code-mail-body = Hello

    The code { $code } shows that the appointment { $reference } is yours. It is valid until { moment }.

    Kind regards
    { $service }

invitation-summary = { $centre }: new PIN
invitation-description = Bring valid documentation. Reference: { $reference }. Move or cancel: { $link }

written-request-sms = { $service }: We cannot help with your PIN in writing. Call { $phone }, or use your passport or ID card in the app.
written-request-mail-subject = About your PIN
written-request-mail-body = Hello

    Thank you for writing. We cannot give a temporary PIN in writing, neither by e-mail, chat, form nor letter.

    There are three ways to go on:
    - In the app: choose "Forgot your PIN?" and use your passport or ID card.
    - Call { $phone }.
    - Book an appointment with Citizen Service.

    Do not send us passport numbers, CPR numbers or codes. We never call you to ask for them.

    Kind regards
    { $service }

# To those who run the service. `alarm` is a fixed name, which docs/alarms.md explains.
alarm-times = { $times ->
    [one] once
   *[other] { $times } times
}
alarm-sms = { $service }: Alarm { $alarm }, { alarm-times }, last { moment }. See docs/alarms.md.
alarm-mail-subject = Alarm: { $alarm }
alarm-mail-body = Alarm: { $alarm }

    It was raised { alarm-times } since the last message, last { moment }.

    What it means and what to do stands in docs/alarms.md under { $alarm }. The details are in the journal (genvej audit).

    { $service }
