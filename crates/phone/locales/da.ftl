# Hvad appen siger, på dansk. Ordene følger tjenestens ordliste: midlertidig PIN-kode, Borgerservice, P-kode.
app-name = Genvej
page-title = { $heading } – Genvej
skip = Gå til indholdet
other-language = English
never-asked = Ingen vil nogensinde ringe til dig og bede om en kode.
step = Trin { $at } af { $of }
back = Tilbage
home = Til forsiden
continue = Fortsæt
cancel = Stop og gå tilbage
error-prefix = Fejl:
busy = Et øjeblik …
no-script = Siden kræver scripts: den er en telefon.

# Tilknytning
activate-heading = Gør din app klar
activate-lead = Skriv nummeret og aktiveringskoden fra det brev, du har fået af din eID-udbyder, eller indsæt linket. De gælder i 48 timer.
activate-offer = Nummer
activate-offer-hint = 10 bogstaver og tal. Indsætter du linket her, kan koden være tom.
activate-code = Aktiveringskode
activate-code-hint = 8 bogstaver og tal
activate-device = Hvad kalder du telefonen?
activate-device-hint = Du ser navnet, når du bliver spurgt, hvilken telefon der er din.
activate-label = Hvis app er det?
activate-label-hint = Et fornavn er nok. Det bliver på telefonen.
activate-go = Gør klar

# Statuskort
ready-heading = Klar til brug
ready-open = Appen er åben
ready-open-lead = Din PIN-kode virker.
ready-lead = Du kan godkende login med din PIN-kode.
ready-few-tries = { $tries ->
    [one] Én forkert PIN-kode mere låser appen for en tid.
   *[other] { $tries } forkerte PIN-koder mere låser appen for en tid.
}
locked-heading = Midlertidigt låst
locked-lead = { $wrong } forkerte PIN-koder. Du kan prøve igen om
locked-then = Så låser appen op af sig selv.
locked-ways = Vil du ikke vente, eller har du glemt koden?
blocked-heading = Spærret
blocked-lead = Der har været for mange forkerte PIN-koder. Det hjælper ikke at vente: du skal vælge en ny PIN-kode.
blocked-ways = Kom ind igen
frozen-heading = Standset for en sikkerheds skyld
frozen-lead = Nogen, måske dig selv, har standset en ændring af din PIN-kode. Appen er lukket, til du viser, hvem du er.
awaiting-heading = Vælg din PIN-kode
awaiting-lead = Appen er klar, men har endnu ingen PIN-kode.
unbound-heading = Appen er ikke længere knyttet til dig
unbound-lead = Den kan ikke bruges til login. Du skal have en ny aktiveringskode af din eID-udbyder.
unbound-remove = Fjern den fra telefonen
unknown-heading = Ingen forbindelse endnu
unknown-lead = Appen har ikke fået fat i tjenesten. Tjek internetforbindelsen.
as-of = Pr. { $time }. Der er ingen forbindelse nu, så det kan have ændret sig. Intet bliver prøvet, før der er.
refresh = Prøv igen
open = Åbn med PIN-kode
close = Luk appen
menu = Menu
new-pin-waiting = Du kan vælge en ny PIN-kode nu
new-pin-waiting-lead = Muligheden slutter om
recovery-waiting = Fortsæt med pas eller id-kort
recovery-waiting-lead = Du er begyndt. Du kan fortsætte, hvor du slap.
people = Personer på telefonen
people-add = Gør appen klar til én person mere

# Login
sign-in-lead = { $service } beder dig logge ind
sign-in-approve = Godkend
sign-in-refuse = Det var ikke mig: afvis
sign-in-time = Slutter om
sign-in-waits-heading = En tjeneste beder dig logge ind
sign-in-waits-lead = Siden, du vil logge ind på, viser et nummer. Er du ikke ved at logge ind, så gør ingenting.
sign-in-waits-go = Skriv nummeret
sign-in-number-heading = Hvilket nummer viser siden?
sign-in-number-lead = Nummeret står på den side, hvor du er ved at logge ind. Har nogen ringet eller skrevet det til dig, så luk her.
sign-in-number = Nummer fra siden
sign-in-number-hint = Fire cifre
sign-in-check = Godkend kun, hvis det er den tjeneste, du er ved at logge ind på.
sign-in-locked = Appen er låst og kan ikke godkende nu.

# Taltastatur
pad-open-heading = Skriv din PIN-kode
pad-approve-heading = Godkend for { $service }
pad-approve-lead = Godkend kun, hvis du selv er ved at logge ind der nu.
pad-new-heading = Vælg en ny PIN-kode
pad-first-heading = Vælg en PIN-kode
pad-new-lead = 6 tal, som kun du kender. Ikke din fødselsdag, ikke 123456.
pad-new-time = Så lang tid har du til at vælge
pad-again-heading = Skriv den nye PIN-kode igen
pad-again-lead = De samme 6 tal, så en tastefejl ikke lukker dig ude.
pad-typed = { $count } af 6 tal skrevet
pad-label = Taltastatur
pad-delete = Slet
pad-show = Vis
pad-hide = Skjul
pad-forgot = Glemt PIN-kode?
tries-left = { $tries ->
    [one] Det er sidste forsøg, før appen låser.
   *[other] { $tries } forsøg, før appen låser.
}

interrupted-heading = Forbindelsen blev afbrudt
interrupted-try = Din PIN-kode var ved at blive kontrolleret. Prøv igen nu: det er stadig samme forsøg. Efter 30 sekunder uden svar tæller det som en forkert PIN-kode.
interrupted-new = Din nye PIN-kode var ved at blive gemt. Prøv igen: intet er tabt.
interrupted-again = Prøv igen

# Indstillinger
settings-heading = Indstillinger
settings-pin = PIN-kode
settings-pin-lead = Glemt den, eller brug for en ny
pin-heading = PIN-kode
pin-forgot = Glemt PIN-kode?

# Can this phone do it?
settings-check = Kan denne telefon scanne?
settings-check-lead = Pas eller id-kort, og dit ansigt
check-yes-heading = Ja, denne telefon kan scanne
check-yes-lead = Den kan læse chippen i et pas eller id-kort og se dit ansigt.
check-no-heading = Nej, denne telefon kan ikke scanne nu
check-no-lead = Her står hvorfor, og hvad du kan gøre. De andre veje står nedenunder.
check-good = Ja:
check-bad = Nej:
check-open = Vides ikke:
check-again = Undersøg igen
check-reader-ready = Den kan læse chips, og læseren er slået til.
check-reader-off = Chiplæseren er slået fra.
check-reader-off-next = Slå NFC til. På Android: Indstillinger → Forbindelser → NFC. Sidder læseren i et kabel, så sæt den til. Undersøg så igen.
check-reader-missing = Denne telefon kan ikke læse chips.
check-reader-missing-next = Ingen indstilling ændrer det. Du kan heller ikke låne en andens telefon: din app er i denne. Ring til Support, eller bestil tid i Borgerservice.
check-camera-ready = Der er et kamera.
check-camera-missing = Appen finder intet kamera.
check-camera-missing-next = Giv appen lov til at bruge kameraet i telefonens indstillinger, og undersøg igen.
check-camera-unknown = Appen spørger om kameraet, når du skal bruge det.
check-system-new = Telefonens system er nyt nok.
check-system-old = Telefonens system er for gammelt.
check-system-old-next = Opdater det i telefonens indstillinger, og undersøg igen. Er der ingen opdatering? Så brug en af de andre veje.
check-system-unknown = Appen kan ikke se, om telefonens system er opdateret.
check-app-new = Appen er ny nok.
check-app-old = Appen er for gammel.
check-app-old-next = Opdater den der, hvor du fik den. Du forbliver tilknyttet, og din PIN-kode er den samme. Undersøg så igen.
check-app-unknown = Appen kan ikke se lige nu, om den er opdateret.
check-connection = Der er forbindelse.
check-no-connection = Der er ingen forbindelse nu.
check-no-connection-next = Se efter, om der er internet, og undersøg igen.

# Veje
ways-heading = Glemt PIN-kode?
ways-lead = Du kommer ind igen ved at vælge en ny PIN-kode. Der er tre veje.
way-document = Brug pas eller id-kort
way-document-lead = Cirka 3 minutter. Du klarer det selv.
way-document-no = Den vej er lukket på denne telefon nu. Brug en af de to andre, eller se hvorfor.
way-document-why = Hvorfor, og hvad kan jeg gøre?
way-temporary = Jeg har en midlertidig PIN-kode
way-temporary-lead = 8 tal, fra Support eller Borgerservice
way-other = Andre veje
way-other-lead = Ring til Support, eller bestil tid
other-heading = Andre veje
other-call = Ring til Support
other-call-lead = Hav dit pas eller kørekort klar. Du bliver stillet nogle spørgsmål. Kan du svare godt nok, får du en midlertidig PIN-kode på sms.
other-call-number = Ring { $phone }
other-call-none = Du finder Supports nummer på din eID-udbyders side.
other-visit = Gå i Borgerservice
other-visit-lead = Bestil tid først. Tag pas eller kørekort med. Du får en midlertidig PIN-kode der.
other-visit-book = Bestil tid

# Midlertidig PIN-kode
temporary-heading = Skriv den midlertidige PIN-kode
temporary-lead = Den virker i 30 minutter, fra den blev udstedt, og kun i din egen app.
temporary-code = Midlertidig PIN-kode
temporary-code-hint = 8 tal
temporary-tries = { $tries ->
    [one] Ét forsøg tilbage.
   *[other] { $tries } forsøg tilbage.
}

# Chip og ansigt
consent-heading = Brug pas eller id-kort
consent-what = Du scanner chippen i dit pas, id-kort eller opholdskort og derefter dit ansigt. Så vælger du en ny PIN-kode.
consent-face = Dit ansigt sammenlignes med billedet i chippen. Begge dele bruges kun til det, kun i hukommelsen, og gemmes ikke. Det, der gemmes, er, hvor godt de passede sammen.
consent-free = Du vælger frit. Vil du hellere lade være, kan Support og Borgerservice hjælpe dig.
consent-agree = Jeg siger ja til ansigtssammenligning
kind-heading = Hvilket dokument bruger du?
kind-lead = Det skal have dette tegn, som viser, at der er en chip i det.
kind-national = Dansk pas eller et dokument med dansk CPR-nummer
kind-national-lead = Pas, opholdskort
kind-foreign = Pas eller id-kort fra et andet land
kind-foreign-lead = Du skal bruge en P-kode, medmindre dokumentet er knyttet til dig i forvejen
p-code-heading = Skriv din P-kode
p-code-lead = Den træder i stedet for det CPR-nummer, dit dokument ikke har. Den kan bruges op til tre gange.
p-code = P-kode
p-code-hint = 8 tal
document-heading = Hvad står der på dokumentet?
document-again = Appen blev lukket undervejs. Scan dokumentet én gang til; billedet i det skal bruges til sammenligningen.
document-lead = Det åbner chippen. Det sendes ingen steder hen, før chippen har bekræftet det.
document-number = Dokumentnummer
document-number-hint = Pas: 9 bogstaver og tal, øverst til højre
document-birth = Fødselsdato
document-expiry = Gyldig til
document-date-hint = For eksempel 27 03 1985
document-lines-way = Skriv linjerne nederst på siden i stedet
document-lines = De to eller tre linjer med <<<
document-can-way = Skriv kortets adgangsnummer i stedet
document-can = Adgangsnummer (CAN)
document-can-hint = 6 tal på forsiden af et id-kort eller opholdskort
hold-heading = Hold telefonen på chippen
hold-lead = Læg dokumentet på et plant bord. Læg den øverste halvdel af telefonen på det, og hold den stille.
hold-passport = I et pas sidder chippen i omslaget eller i den stive side. Tag dokumentet ud af etui.
hold-waiting = Venter på chippen …
hold-start = Begynd at læse
hold-doesnt-work = Det virker ikke
hold-bar = Hvor meget af chippen der er læst
progress-opening = Chippen er fundet. Den bliver åbnet … Hold stille.
progress-data = Læser oplysningerne … { $percent } %. Bliver kontakten afbrudt, fortsætter vi, hvor vi slap.
progress-picture = Læser billedet … { $percent } %. Bliver kontakten afbrudt, fortsætter vi, hvor vi slap.
progress-proof = Chippen viser, at den er ægte … Hold stille.
progress-sending = Alt er læst. Du kan tage dokumentet væk. Det bliver kontrolleret …
help-heading = Når det ikke virker
help-1 = Tag telefonen og dokumentet ud af etui og cover.
help-2 = Flyt telefonen langsomt hen over dokumentet, til den siger, at chippen er fundet, og hold så stille.
help-3 = Læg begge dele på et bord, der ikke er af metal.
help-4 = Tjek, hvad du har skrevet: O og 0, I og 1 ligner hinanden.
help-5 = At kontakten afbrydes, koster ikke noget. Du kan prøve så tit, du vil.
help-film = Se filmen om at scanne
help-again = Prøv igen
help-type = Ret det, jeg har skrevet
face-heading = Vis dit ansigt
face-lead = Stå i jævnt lys, uden noget for ansigtet. Du får at vide, hvad du skal gøre, i ord og med lyd. Det tager omkring ti sekunder.
face-tries = { $tries ->
    [one] Ét forsøg tilbage.
   *[other] { $tries } forsøg tilbage.
}
face-start = Begynd
face-own-camera = Brug computerens kamera
face-sample-camera = Brug prøvekameraet
face-no-camera = Kameraet kan ikke bruges. Giv siden lov til at bruge det, og prøv igen.
face-picture = Hvad kameraet ser
face-bar = Hvor meget af dit ansigt der er optaget
face-send = Send igen
face-stop = Stop
face-still = Jeg kan ikke dreje hovedet
face-still-lead = Du eller en ved siden af dig flytter telefonen i stedet
face-nearer = Hverken jeg eller telefonen kan flyttes rundt
face-nearer-lead = Du kommer tættere på kameraet og tilbage igen
face-light = Skærmen må lyse på mit ansigt med farver
face-light-lead = De skifter langsomt og blinker ikke. Uden dem går intet tabt.
face-sample-is-an-attack = Prøvekameraet bøjer ét fotografi efter det, der bliver bedt om. Det er netop det indskudsangreb, som software alene ikke kan se: i drift står appens attestering og enhedsnøgle imod det.
prompt-look-straight = Se lige ind i kameraet
prompt-turn-left = Drej hovedet lidt mod din venstre side
prompt-turn-right = Drej hovedet lidt mod din højre side
prompt-turn-left-far = Drej hovedet mod din venstre side
prompt-turn-right-far = Drej hovedet mod din højre side
prompt-move-closer = Kom lidt tættere på
prompt-phone-left = Hold hovedet stille, og flyt telefonen over til din venstre side
prompt-phone-right = Hold hovedet stille, og flyt telefonen over til din højre side
hint-too-dark = Der er for mørkt. Vend dig mod en lampe eller et vindue.
hint-too-bright = Der er for lyst. Vend dig væk fra lyset.
hint-too-far = Kom lidt tættere på.
hint-too-near = Gå lidt længere væk.
hint-look-straight = Se lige ind i kameraet.
hint-hold-still = Hold stille.
hint-glasses-reflect = Dine briller spejler. Vip hovedet lidt, eller tag dem af.
hint-several = Der er mere end ét ansigt. Bed de andre om at gå til side.
hint-none = Der er intet ansigt at se. Hold kameraet i øjenhøjde, en armslængde væk.
hint-unreadable = Billedet kunne ikke bruges. Tør kameraets glas af.
hint-busy = Der er travlt lige nu. Bliv, hvor du er.
hint-closer = Lidt tættere på endnu.
hint-turn-further = Drej lidt længere.
hint-phone-further = Lidt længere rundt med telefonen.
hint-turn-back = Ikke helt så langt. Drej lidt tilbage.
hint-phone-back = Ikke helt så langt. Flyt telefonen lidt tilbage.
hint-other-side = Til den anden side.
hint-phone-other-side = Til den anden side med telefonen.
hint-profile = Dit ansigt ses fra siden. Drej det mod kameraet.
hint-keep-there = Godt. Bliv sådan.
hint-more-time = Tag dig god tid. Du har et halvt minut mere, og der bruges ikke noget forsøg.
hint-too-large = Kameraets billede er for stort. Vælg en lavere opløsning.
hint-not-jpeg = Billedet skal være en JPEG.
hint-sunglasses = Dine øjne er dækket. Tag solbrillerne af, hvis du kan.
hint-mask = Din mund er dækket. Tag mundbindet af, hvis du kan.
reason-no-match = Dit ansigt passede ikke til billedet i dokumentet.
reason-flat = Kameraet så noget fladt, for eksempel et foto, eller dit hoved drejede for lidt.
reason-print-or-screen = Kameraet så et print eller en skærm.
reason-another-face = Der var mere end ét ansigt foran kameraet.
reason-prompt-not-met = En af sætningerne blev ikke fulgt.
reason-unsure = Vi kunne ikke se godt nok, om det er dig.
reason-none = Dit ansigt kunne ikke ses.
reason-blurred = Billederne var slørede.
reason-covered = Dit ansigt var dækket af mundbind eller solbriller.
reason-light = Skærmens farver kunne ikke ses på dit ansigt.
reason-not-live = Billederne var ikke gode nok.
next-no-match = Er billedet gammelt, eller har du forandret dig meget, så brug en anden vej: support eller Borgerservice. Er det dit dokument, så prøv igen i bedre lys.
next-own-face = Vis dit eget ansigt, og følg hver sætning helt.
next-alone = Vær alene foran kameraet, og prøv igen.
next-light = Prøv igen med mere lys på ansigtet.
next-hold-still = Hold stille, støt telefonen mod noget, og prøv igen.
next-screen-light = Skru op for skærmens lys og gå hen, hvor der er mindre lyst, eller prøv igen uden farverne.
next-uncovered = Tag det af, der dækker ansigtet, og prøv igen.

# Afslutninger
done-heading = Færdig
done-first-pin = Din PIN-kode er valgt. Appen er klar til brug.
done-new-pin = Din nye PIN-kode er valgt. Appen er klar til brug. Vi har sendt dig besked om det alle de steder, vi kender.
done-approved = Du har godkendt login hos { $service }.
done-refused = Du har afvist login. Hvis du ikke selv bad om det, prøver nogen måske at bruge dit navn.

# Hvad der skete
notice-offline = Der er ingen forbindelse. Intet blev prøvet. Tjek internetforbindelsen, og prøv igen.
notice-offline-code = Forbindelsen blev afbrudt, mens din kode blev kontrolleret. Skriv samme kode igen: den tæller kun én gang.
notice-fault = Noget gik galt i appen eller tjenesten. Prøv igen. Bliver det ved, så ring til Support.
notice-capture-over = Det tog for lang tid. Begynd igen; det har ikke kostet noget.
notice-key-store = Telefonens nøglelager sagde nej. Genstart telefonen, og prøv igen.
notice-activation-refused = Koden virker ikke. Tjek den, eller bed din eID-udbyder om en ny.
notice-activation-code-form = En aktiveringskode har 8 bogstaver og tal.
notice-offer-form = Nummeret fra brevet har 10 bogstaver og tal.
notice-sign-in-number-form = Nummeret fra siden har fire cifre.
notice-device-name-form = Giv telefonen et navn på højst 40 tegn.
notice-label-form = Navnet må højst have 40 tegn.
notice-six-digits = En PIN-kode har 6 tal.
notice-wrong-pin = Forkert PIN-kode.
notice-opened = Rigtig PIN-kode. Appen er åben.
notice-lost-connection-cost-a-try = Forbindelsen blev afbrudt under dit sidste forsøg, og det blev talt som en forkert PIN-kode.
notice-weak-few-digits = For let at gætte: brug mindst 3 forskellige tal.
notice-weak-run = For let at gætte: brug ikke tal i rækkefølge.
notice-weak-birth-date = For let at gætte: brug ikke din fødselsdag.
notice-weak-common = For let at gætte: det er en af de mest brugte PIN-koder.
notice-pins-differ = De to PIN-koder var ikke ens. Vælg igen.
notice-grant-lapsed = Tiden til at vælge en ny PIN-kode er gået. Begynd forfra med en af de tre veje.
notice-temporary-pin-form = En midlertidig PIN-kode har 8 tal.
notice-p-code-form = En P-kode har 8 tal.
notice-no-reader = Telefonen kan ikke læse chips. Brug en af de andre veje.
notice-no-document = Der er intet dokument ved telefonen. Hold det der, og prøv igen.
notice-chip-lost = Kontakten til chippen blev afbrudt. Hold telefonen der igen: vi fortsætter, hvor vi slap.
notice-chip-refused = Chippen åbnede ikke med det, du skrev. Tjek det, og prøv igen.
notice-needs-card-access-number = Dette dokument åbnes med de 6 tal på forsiden. Skriv dem.
notice-chip-unreadable = Chippen kan ikke læses. Er det et pas, id-kort eller opholdskort med chip? I så fald brug en af de andre veje.
notice-number-form = Tjek dokumentnummeret: kun bogstaver og tal, som på dokumentet.
notice-birth-form = Skriv fødselsdatoen som dag, måned, år: 27 03 1985.
notice-expiry-form = Skriv sidste gyldige dag som dag, måned, år: 27 03 2030.
notice-lines-form = Linjerne passer ikke sammen. Tjek hvert tegn.
notice-can-form = Adgangsnummeret består kun af tal, normalt 6.
notice-no-picture = Kameraet gav ikke et brugbart billede til hver sætning. Prøv igen.
