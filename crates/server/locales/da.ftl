# Sætningerne i `genvej policy explain`.

span-days = { $count ->
    [one] { $count } dag
   *[other] { $count } dage
}
span-hours = { $count ->
    [one] { $count } time
   *[other] { $count } timer
}
span-minutes = { $count ->
    [one] { $count } minut
   *[other] { $count } minutter
}
span-seconds = { $count ->
    [one] { $count } sekund
   *[other] { $count } sekunder
}

profile = Værdierne tager udgangspunkt i profilen { $profile }.

pin-digits = PIN-koden har { $digits } cifre.
pin-lock = { $wrong } forkerte PIN-koder i træk låser appen i { $span }.
pin-block = { $wrong } forkerte PIN-koder i træk spærrer appen, til ejeren har genskabt adgangen.
pin-try-unfinished = Et forsøg, der ikke afsluttes inden for { $ticket }, tæller som forkert.
pin-grant = Den, der må vælge en ny PIN-kode, har { $grant } til at gøre det.

temporary-pin = En midlertidig PIN-kode har { $digits } cifre, gælder i { $life }, virker én gang og tåler { $tries } forkerte forsøg.
temporary-pin-issues = En person får højst { $day } midlertidige PIN-koder på 24 timer og { $month } på 30 dage; en ny afslutter den gamle.
temporary-pin-sms = Den sendes kun med SMS til et nummer, der har været uændret i { $age }.
temporary-pin-no-sms = Den sendes aldrig med SMS.

p-code = En P-kode har { $digits } cifre, gælder i { $life } og kan bruges { $uses } gange; { $wrong }, der ikke passer, på 24 timer lukker for flere forsøg i appen.

chip-face-tries = Med pas eller id-kort har en person { $tries } forsøg med ansigtet og { $cases } sager på 24 timer.
chip-face-presence-refused = En chip, der ikke kan bevise, at den er til stede, afvises.
chip-face-presence-once = En chip, der ikke kan bevise, at den er til stede, tæller én gang på { $period }, og kun med en dokumentstatus, der er under { $age } gammel.
chip-face-liveness = Det skal vises, at ansigtet er en levende, tilstedeværende persons.
chip-face-no-liveness = ADVARSEL: ingen kontrollerer, at ansigtet er en levende, tilstedeværende persons.
chip-face-turn = Den, der drejer hovedet, bliver højst bedt om { $degrees } grader.
chip-face-prints = En kontrol for print og skærme skal have set på billederne.
chip-face-uncovered = Et ansigt med mundbind eller solbriller tæller ikke.
chip-face-light-noted = Skærmen lyser på ansigtet med farver, medmindre personen ikke ønsker det; om de ses, bliver noteret.
chip-face-light-decides = Skærmen lyser på ansigtet med farver, medmindre personen ikke ønsker det; gør den det, skal de kunne ses.
chip-face-two-models = To uafhængige modeller skal have sammenlignet ansigterne.
chip-face-read-by-server = Serveren læser chippen; en telefon bærer kun tegnene frem og tilbage.

phone-closed = Ingen får en midlertidig PIN-kode ved at ringe.
phone-questions = I telefonen stilles op til { $asked } spørgsmål, { $right } rigtige svar er nok, og to forkerte afslutter det.
phone-guesses = En fremmed gætter et sæt mindre end én gang ud af { $stranger }, en med pungen mindre end én gang ud af { $wallet }.
phone-raised-bar = Et mislykket opkald kræver { $extra } rigtigt svar mere i { $span }; det rører aldrig de andre veje.
phone-unknown-numbers = En medarbejder, der spørger på mere end { $agent } ukendte numre på { $window }, stoppes; et center ved det største af { $centre } og { $permille } promille af sine opkald.
phone-answers-decide = Svarene afgør sagen sammen med den tilknyttede app og nummerets alder.
phone-answers-refuse = Svarene kan kun give afslag; den tilknyttede app og nummerets alder afgør sagen.
phone-no-questions = Der stilles ingen spørgsmål.

desk-questions = Ved skranken identificeres en person med gyldig legitimation og spørgsmål eller et vidne.
desk-no-questions = Ved skranken identificeres en person med gyldig legitimation og et andet bevis end spørgsmål.
desk-chip = En chip, der ved skranken beviser, at den er til stede, er et sådant bevis.
desk-witness = Et vidne er fyldt { $years }, har haft eID i mere end { $eid } og vidner højst { $uses } gange på { $window }.
desk-codes-shown = En kode vises på en parret skærm eller udskrives kun, hvor reglerne afviser en sms, eller to medarbejdere har set det samme, højst { $shown } gange på 24 timer ved én medarbejder.
conduct-sample = { $permille } af 1.000 sager, som medarbejdere har, udtages til et ekstra eftersyn, og dobbelt så mange hos medarbejdere med en erklæret liste.

bookings-sms = Bestilling af tid sender højst { $number } sms'er på 24 timer til ét nummer, { $block } til én nummerblok hjemme ({ $home }) og { $country } til ét land i udlandet.

self-service = Ved selvbetjening kommer en midlertidig PIN-kode efter { $wait }, hvor det kan stoppes.
self-service-closed = Der er ingen midlertidig PIN-kode ved selvbetjening.

chaining = Inden for { $window } efter en genskabelse kræver den næste stærkere eller andre beviser.
notices = Enhver genskabelse meddeles alle kanaler, også dem, der er fjernet inden for { $removed }.
veto-link = Linket, der stopper den, virker i { $link }; chip og ansigt ophæver spærringen tidligst efter { $freeze }.
veto-second = Et stop nummer to inden for { $window } ophæves kun ved personligt fremmøde.
