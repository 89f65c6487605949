# Texts of SMS and e-mail. Arguments:
#   $service  name of the service                 $code  a code of digits or letters
#   $time     HH:MM                                $place  a place whose clock it is, or "none"
#   $weekday, $day, $month (1-12), $year           a day
#   $days     "today" where a moment is of the day on which the message is written, or "other"
#   $link     an address                           $phone  the support line's number
#   $centre, $address, $reference                  an appointment
# A temporary PIN's SMS never carries a link, so it has no $link.

clock = { $place ->
    [none] kl. { $time }
   *[other] kl. { $time } ({ $place })
}
month-name = { $month ->
    [1] januar
    [2] februar
    [3] marts
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] august
    [9] september
    [10] oktober
    [11] november
   *[other] december
}
weekday-name = { $weekday ->
    [1] mandag
    [2] tirsdag
    [3] onsdag
    [4] torsdag
    [5] fredag
    [6] lørdag
   *[other] søndag
}
moment = { weekday-name } den { $day }. { month-name } { $year } { clock }
# Until when: the day only where it is another one than today.
until = { $days ->
    [today] { clock }
   *[other] { moment }
}

temporary-pin-sms = { $service }: Din midlertidige PIN-kode er { $code }. Den gælder til { until }. Skriv den kun i din egen app. Ingen vil nogensinde bede dig om koden.

activation-sms = { $service }: Din aktiveringskode er { $code }. Den gælder til { moment }. Skriv den kun i din egen app. Ingen vil nogensinde bede dig om koden.
activation-mail-subject = Din aktiveringskode
activation-mail-body = Hej

    Din aktiveringskode er { $code }.

    Den gælder til { moment }. Skriv den kun i din egen app. Ingen vil nogensinde bede dig om koden.

    Venlig hilsen
    { $service }

confirm-channel-sms = { $service }: Koden { $code } bekræfter, at nummeret er dit. Den gælder til { until }. Ingen vil nogensinde bede dig om koden.
confirm-channel-mail-subject = Bekræft din e-mailadresse
confirm-channel-mail-body = Hej

    Koden { $code } bekræfter, at e-mailadressen er din. Den gælder til { until }.

    Har du ikke selv tilføjet adressen, skal du ikke gøre noget. Ingen vil nogensinde bede dig om koden.

    Venlig hilsen
    { $service }

temporary-pin-issued-sms = { $service }: Der er sendt en midlertidig PIN-kode til din app { moment }. Var det ikke dig? Stop det her: { $link }
temporary-pin-issued-mail-subject = Der er sendt en midlertidig PIN-kode
temporary-pin-issued-mail-body = Hej

    Der er sendt en midlertidig PIN-kode til din app { moment }.

    Har du selv bedt om den, skal du ikke gøre noget.

    Var det ikke dig, så stop det her:
    { $link }

    Du skal ikke logge på for at stoppe det, og linket gælder i 7 dage. Ingen vil nogensinde bede dig om en kode.

    Venlig hilsen
    { $service }

wait-begun-sms = { $service }: Nogen har { moment } bedt om en midlertidig PIN-kode til din app. Den kommer om 24 timer. Var det ikke dig? Stop det her: { $link }
wait-begun-mail-subject = Nogen har bedt om en midlertidig PIN-kode
wait-begun-mail-body = Hej

    Nogen har { moment } bedt om en midlertidig PIN-kode til din app. Den kommer om 24 timer.

    Var det dig, skal du ikke gøre noget.

    Var det ikke dig, så stop det her:
    { $link }

    Du skal ikke logge på for at stoppe det.

    Venlig hilsen
    { $service }

new-pin-allowed-sms = { $service }: Din app kan nu få en ny PIN-kode ({ moment }). Var det ikke dig? Stop det her: { $link }
new-pin-allowed-mail-subject = Din app kan nu få en ny PIN-kode
new-pin-allowed-mail-body = Hej

    Din app kan nu få en ny PIN-kode. Det skete { moment }.

    Var det dig, skal du ikke gøre noget.

    Var det ikke dig, så stop det her:
    { $link }

    Du skal ikke logge på for at stoppe det.

    Venlig hilsen
    { $service }

recovered-sms = { $service }: Din app har fået en ny PIN-kode { moment }. Var det ikke dig? Spær den her: { $link }
recovered-mail-subject = Din app har fået en ny PIN-kode
recovered-mail-body = Hej

    Din app har fået en ny PIN-kode. Det skete { moment }.

    Var det dig, skal du ikke gøre noget.

    Var det ikke dig, så spær appen her:
    { $link }

    Du skal ikke logge på for at spærre den, og linket gælder i 7 dage.

    Venlig hilsen
    { $service }

channels-changed-sms = { $service }: Et nummer eller en adresse til din app er ændret { moment }. Var det ikke dig? Sig til her: { $link }
channels-changed-mail-subject = Dine oplysninger til appen er ændret
channels-changed-mail-body = Hej

    Et telefonnummer eller en e-mailadresse til din app er tilføjet, ændret eller fjernet { moment }.

    Var det dig, skal du ikke gøre noget.

    Var det ikke dig, så sig til her:
    { $link }

    Du skal ikke logge på for at sige til, og linket gælder i 7 dage.

    Venlig hilsen
    { $service }

document-recorded-sms = { $service }: Et udenlandsk pas eller ID-kort er registreret som dit { moment }. Var det ikke dig? Sig til her: { $link }
document-recorded-mail-subject = Et udenlandsk dokument er registreret som dit
document-recorded-mail-body = Hej

    Et udenlandsk pas eller ID-kort er registreret som dit { moment }. Det kan bruges i appen om 5 dage.

    Var det dig, skal du ikke gøre noget.

    Var det ikke dig, så sig til her:
    { $link }

    Du skal ikke logge på for at sige til, og linket gælder i 7 dage.

    Venlig hilsen
    { $service }

stopped-sms = { $service }: En ny PIN-kode til din app er stoppet { moment }. Ring til { $phone }, hvis du ikke selv har gjort det.
stopped-mail-subject = En ny PIN-kode er stoppet
stopped-mail-body = Hej

    En ny PIN-kode til din app er stoppet { moment }.

    Ring til { $phone }, hvis du ikke selv har gjort det.

    Venlig hilsen
    { $service }

number-changed-sms = { $service }: Telefonnummeret til din app er ændret { moment }. I 5 dage kan der ikke sendes en midlertidig PIN-kode til det. Var det ikke dig? Ring til { $phone }.
number-changed-mail-subject = Dit telefonnummer er ændret
number-changed-mail-body = Hej

    Telefonnummeret til din app er ændret { moment }.

    I 5 dage kan der ikke sendes en midlertidig PIN-kode til det. Har du brug for en før, skal du møde op i Borgerservice.

    Var det ikke dig, så ring til { $phone }.

    Venlig hilsen
    { $service }

appointment-booked-sms = Din tid i { $centre }: { moment }. { $address }. Referencen er { $reference }. Husk gyldig legitimation. Flyt eller aflys: { $link }
appointment-booked-mail-subject = Din tid i { $centre }
appointment-booked-mail-body = Hej

    Du har tid i { $centre } { moment }.

    Adresse: { $address }
    Reference: { $reference }

    Husk gyldig legitimation. Se, hvad du skal have med, og flyt eller aflys tiden her:
    { $link }

    Venlig hilsen
    { $service }

appointment-moved-sms = Din tid i { $centre } er flyttet til { moment }. { $address }. Referencen er { $reference }. Husk gyldig legitimation. Flyt eller aflys: { $link }
appointment-moved-mail-subject = Din tid i { $centre } er flyttet
appointment-moved-mail-body = Hej

    Din tid er flyttet. Du har nu tid i { $centre } { moment }.

    Adresse: { $address }
    Reference: { $reference }

    Husk gyldig legitimation. Se, hvad du skal have med, og flyt eller aflys tiden her:
    { $link }

    Venlig hilsen
    { $service }

appointment-reminder-sms = Husk din tid i { $centre }: { moment }. { $address }. Medbring gyldig legitimation. Flyt eller aflys: { $link }
appointment-reminder-mail-subject = Husk din tid i { $centre }
appointment-reminder-mail-body = Hej

    Husk, at du har tid i { $centre } { moment }.

    Adresse: { $address }
    Reference: { $reference }

    Medbring gyldig legitimation. Se, hvad du skal have med, og flyt eller aflys tiden her:
    { $link }

    Venlig hilsen
    { $service }

appointment-cancelled-sms = Din tid i { $centre } { moment } er aflyst. Bestil en ny: { $link }
appointment-cancelled-mail-subject = Din tid i { $centre } er aflyst
appointment-cancelled-mail-body = Hej

    Din tid i { $centre } { moment } er aflyst.

    Bestil en ny tid her:
    { $link }

    Venlig hilsen
    { $service }

appointment-code-sms = { $service }: Koden { $code } viser, at tiden { $reference } er din. Den gælder til { moment }.
appointment-code-mail-subject = Din kode til tiden { $reference }
appointment-code-mail-body = Hej

    Koden { $code } viser, at tiden { $reference } er din. Den gælder til { moment }.

    Venlig hilsen
    { $service }

invitation-summary = { $centre }: ny PIN-kode
invitation-description = Husk gyldig legitimation. Reference: { $reference }. Flyt eller aflys: { $link }

written-request-sms = { $service }: Vi kan ikke hjælpe med PIN-koden på skrift. Ring til { $phone }, eller brug pas eller id-kort i appen.
written-request-mail-subject = Om din PIN-kode
written-request-mail-body = Hej

    Tak for din henvendelse. Vi kan ikke give en midlertidig PIN-kode på skrift, hverken på e-mail, chat, formular eller brev.

    Du kan komme videre på tre måder:
    - I appen: vælg "Glemt PIN-kode?" og brug dit pas eller id-kort.
    - Ring til { $phone }.
    - Bestil tid i Borgerservice.

    Send os ikke pasnumre, CPR-numre eller koder. Vi ringer aldrig op og beder om dem.

    Venlig hilsen
    { $service }

# Til dem, der driver tjenesten. `alarm` er et fast navn, som docs/alarms.md forklarer.
alarm-times = { $times ->
    [one] én gang
   *[other] { $times } gange
}
alarm-sms = { $service }: Alarm { $alarm }, { alarm-times }, senest { moment }. Se docs/alarms.md.
alarm-mail-subject = Alarm: { $alarm }
alarm-mail-body = Alarm: { $alarm }

    Den er slået { alarm-times } siden sidste besked, senest { moment }.

    Hvad den betyder, og hvad du skal gøre, står i docs/alarms.md under { $alarm }. Enkelthederne står i journalen (genvej audit).

    { $service }
