# What the app says, in English. Words as in the table of the service: temporary PIN, Citizen Service, P code.
app-name = Genvej
page-title = { $heading } – Genvej
skip = Skip to the content
other-language = Dansk
never-asked = Nobody will ever call you and ask for a code.
step = Step { $at } of { $of }
back = Back
home = To the front page
continue = Continue
cancel = Stop and go back
error-prefix = Error:
busy = One moment …
no-script = This page needs scripts: it is a phone.

# Binding
activate-heading = Set up your app
activate-lead = Type the number and the activation code from the letter of your eID provider, or paste the link. They are valid for 48 hours.
activate-offer = Number
activate-offer-hint = 10 letters and digits. If you paste the link here, leave the code empty.
activate-code = Activation code
activate-code-hint = 8 letters and digits
activate-device = What do you call this phone?
activate-device-hint = You see this name when you are asked which phone is yours.
activate-label = Whose app is it?
activate-label-hint = A first name is enough. It stays on this phone.
activate-go = Set up

# State card
ready-heading = Ready for use
ready-open = The app is open
ready-open-lead = Your PIN code works.
ready-lead = You can approve sign-ins with your PIN code.
ready-few-tries = { $tries ->
    [one] One wrong PIN code more locks the app for a while.
   *[other] { $tries } wrong PIN codes more lock the app for a while.
}
locked-heading = Temporarily locked
locked-lead = { $wrong } wrong PIN codes. You can try again in
locked-then = Then the app unlocks by itself.
locked-ways = Don't want to wait, or forgot it?
blocked-heading = Blocked
blocked-lead = There were too many wrong PIN codes. Waiting does not help: you need to choose a new PIN code.
blocked-ways = Get back in
frozen-heading = Stopped for safety
frozen-lead = Somebody, perhaps you, has stopped a change to your PIN code. The app stays closed until you show who you are.
awaiting-heading = Choose your PIN code
awaiting-lead = The app is set up, but it has no PIN code yet.
unbound-heading = This app is no longer connected to you
unbound-lead = It cannot be used to sign in. You need a new activation code from your eID provider.
unbound-remove = Remove it from this phone
unknown-heading = No connection yet
unknown-lead = The app has not reached the service. Check the internet connection.
as-of = As of { $time }. There is no connection now, so this may have changed. Nothing is tried until there is.
refresh = Try again
open = Open with PIN code
close = Close the app
menu = Menu
new-pin-waiting = You can choose a new PIN code now
new-pin-waiting-lead = This offer ends in
recovery-waiting = Go on with passport or ID card
recovery-waiting-lead = You have begun. You can go on where you were.
people = People on this phone
people-add = Set up the app for one more person

# Sign-ins
sign-in-lead = { $service } asks you to sign in
sign-in-approve = Approve
sign-in-refuse = It wasn't me: refuse
sign-in-time = Ends in
sign-in-waits-heading = A service asks you to sign in
sign-in-waits-lead = The page where you sign in shows a number. If you are not signing in anywhere, do nothing.
sign-in-waits-go = Type the number
sign-in-number-heading = Which number does the page show?
sign-in-number-lead = The number is on the page where you are signing in. If somebody told you the number, close this.
sign-in-number = Number from the page
sign-in-number-hint = Four digits
sign-in-check = Approve only if this is the service where you are signing in.
sign-in-locked = The app is locked and cannot approve now.

# PIN pad
pad-open-heading = Type your PIN code
pad-approve-heading = Approve for { $service }
pad-approve-lead = Only approve if you yourself are signing in there now.
pad-new-heading = Choose a new PIN code
pad-first-heading = Choose a PIN code
pad-new-lead = 6 digits that only you know. Not your birthday, not 123456.
pad-new-time = You have this long to choose
pad-again-heading = Type the new PIN code again
pad-again-lead = The same 6 digits, so that a slip cannot lock you out.
pad-typed = { $count } of 6 digits typed
pad-label = Number pad
pad-delete = Delete
pad-show = Show
pad-hide = Hide
pad-forgot = Forgot your PIN?
tries-left = { $tries ->
    [one] This is the last try before the app locks.
   *[other] { $tries } tries before the app locks.
}

interrupted-heading = The connection broke
interrupted-try = Your PIN code was being checked. Try again now: it is still the same try. After 30 seconds without an answer it counts as a wrong PIN code.
interrupted-new = Your new PIN code was being saved. Try again: nothing is lost.
interrupted-again = Try again

# Settings
settings-heading = Settings
settings-pin = PIN code
settings-pin-lead = Forgot it, or need a new one
pin-heading = PIN code
pin-forgot = Forgot your PIN?

# Can this phone do it?
settings-check = Can this phone scan?
settings-check-lead = Passport or ID card, and your face
check-yes-heading = Yes, this phone can scan
check-yes-lead = It can read the chip of a passport or ID card, and see your face.
check-no-heading = No, this phone cannot scan now
check-no-lead = Here is why, and what you can do. The other ways are below.
check-good = Yes:
check-bad = No:
check-open = Not known:
check-again = Check again
check-reader-ready = It can read chips, and the reader is on.
check-reader-off = The chip reader is switched off.
check-reader-off-next = Switch NFC on. On Android: Settings → Connections → NFC. If the reader is on a cable, plug it in. Then check again.
check-reader-missing = This phone cannot read chips.
check-reader-missing-next = No setting changes that. You cannot borrow somebody's phone either: your app is in this one. Call Support, or book a time at Citizen Service.
check-camera-ready = There is a camera.
check-camera-missing = The app finds no camera.
check-camera-missing-next = Allow the app to use the camera in the settings of the phone, then check again.
check-camera-unknown = The app asks for the camera when you need it.
check-system-new = The system of the phone is new enough.
check-system-old = The system of the phone is too old.
check-system-old-next = Update it in the settings of the phone, then check again. Is there no update? Then use one of the other ways.
check-system-unknown = The app cannot see whether the system of the phone is up to date.
check-app-new = The app is new enough.
check-app-old = The app is too old.
check-app-old-next = Update it where you got it. You stay connected, and your PIN code stays the same. Then check again.
check-app-unknown = The app cannot see now whether it is up to date.
check-connection = There is a connection.
check-no-connection = There is no connection now.
check-no-connection-next = Check the internet connection, then check again.

# Ways
ways-heading = Forgot your PIN?
ways-lead = You get back in by choosing a new PIN code. There are three ways.
way-document = Use passport or ID card
way-document-lead = About 3 minutes. You do it yourself.
way-document-no = This way is closed on this phone now. Use one of the other two, or see why.
way-document-why = Why, and what can I do?
way-temporary = I have a temporary PIN
way-temporary-lead = 8 digits, from Support or Citizen Service
way-other = Other ways
way-other-lead = Call Support, or book a time
other-heading = Other ways
other-call = Call Support
other-call-lead = Have your passport or driving licence ready. You are asked some questions. If they are answered well enough, you get a temporary PIN by SMS.
other-call-number = Call { $phone }
other-call-none = You find the number of Support on the page of your eID provider.
other-visit = Go to Citizen Service
other-visit-lead = Book a time first. Bring a passport or driving licence. You get a temporary PIN there.
other-visit-book = Book a time

# Temporary PIN
temporary-heading = Type the temporary PIN
temporary-lead = It works for 30 minutes from when it was issued, and only in your own app.
temporary-code = Temporary PIN
temporary-code-hint = 8 digits
temporary-tries = { $tries ->
    [one] One try left.
   *[other] { $tries } tries left.
}

# Chip and face
consent-heading = Use passport or ID card
consent-what = You scan the chip in your passport, ID card or residence permit and then your face. Then you choose a new PIN code.
consent-face = Your face is compared with the picture in the chip. Both are used for this only, in memory, and are not kept. What is kept is how well they matched.
consent-free = You choose freely. If you would rather not, Support and Citizen Service can help you.
consent-agree = I agree to the face comparison
kind-heading = Which document do you use?
kind-lead = It must have this sign, which shows that there is a chip in it.
kind-national = Danish passport, or a document with a Danish CPR number
kind-national-lead = Passport, residence permit
kind-foreign = Passport or ID card from another country
kind-foreign-lead = You need a P code, unless the document was linked to you before
p-code-heading = Type your P code
p-code-lead = It stands in for the CPR number that your document does not have. It can be used up to three times.
p-code = P code
p-code-hint = 8 digits
document-heading = What does the document say?
document-again = The app was closed in the middle. Scan the document once more; the picture in it is needed for the comparison.
document-lead = This opens the chip. It is not sent anywhere before the chip has confirmed it.
document-number = Document number
document-number-hint = Passport: 9 letters and digits, top right
document-birth = Date of birth
document-expiry = Valid until
document-date-hint = For example 27 03 1985
document-lines-way = Type the lines at the foot of the page instead
document-lines = The two or three lines with <<<
document-can-way = Type the card's access number instead
document-can = Access number (CAN)
document-can-hint = 6 digits on the front of an ID card or residence permit
hold-heading = Hold the phone on the chip
hold-lead = Put the document on a flat table. Lay the top half of the phone on it and hold still.
hold-passport = In a passport the chip is in the cover or the stiff page. Take the document out of any case.
hold-waiting = Waiting for the chip …
hold-start = Start reading
hold-doesnt-work = It doesn't work
hold-bar = How much of the chip is read
progress-opening = Found the chip. Opening it … Hold still.
progress-data = Reading the data … { $percent } %. If the contact breaks, we go on where we were.
progress-picture = Reading the picture … { $percent } %. If the contact breaks, we go on where we were.
progress-proof = The chip shows that it is genuine … Hold still.
progress-sending = Everything is read. You can take the document away. Checking it …
help-heading = When it doesn't work
help-1 = Take the phone and the document out of cases and covers.
help-2 = Move the phone slowly along the document until it says that it has found the chip, then hold still.
help-3 = Lay both on a table that is not metal.
help-4 = Check what you typed: O and 0, I and 1 look alike.
help-5 = A breaking contact costs nothing. You can try as often as you like.
help-film = See the film on how to scan
help-again = Try again
help-type = Change what I typed
face-heading = Show your face
face-lead = Stand in even light, with nothing over your face. You are told what to do, in words and by sound. It takes about ten seconds.
face-tries = { $tries ->
    [one] One try left.
   *[other] { $tries } tries left.
}
face-start = Start
face-own-camera = Use the camera of this computer
face-sample-camera = Use the sample camera
face-no-camera = The camera cannot be used. Allow this page to use it, then try again.
face-picture = What the camera sees
face-bar = How much of your face is captured
face-send = Send again
face-stop = Stop
face-still = I cannot turn my head
face-still-lead = You or somebody beside you moves the phone instead
face-nearer = Neither I nor the phone can move round
face-nearer-lead = You come nearer to the camera, and back again
face-light = The screen may light my face in colours
face-light-lead = They change slowly and do not flash. Without them nothing is lost.
face-sample-is-an-attack = The sample camera bends one photograph to what is asked. That is the injection attack that software alone cannot see: in production the app’s attestation and device key stand against it.
prompt-look-straight = Look straight into the camera
prompt-turn-left = Turn your head a little to your left
prompt-turn-right = Turn your head a little to your right
prompt-turn-left-far = Turn your head to your left
prompt-turn-right-far = Turn your head to your right
prompt-move-closer = Come a little closer
prompt-phone-left = Keep your head still and move the phone to your left side
prompt-phone-right = Keep your head still and move the phone to your right side
hint-too-dark = It is too dark. Turn towards a lamp or a window.
hint-too-bright = It is too bright. Turn away from the light.
hint-too-far = Come a little closer.
hint-too-near = Move a little away.
hint-look-straight = Look straight into the camera.
hint-hold-still = Hold still.
hint-glasses-reflect = Your glasses reflect. Tilt your head a little, or take them off.
hint-several = There is more than one face. Ask the others to step aside.
hint-none = No face to be seen. Hold the camera at eye level, an arm’s length away.
hint-unreadable = The picture could not be used. Wipe the camera’s glass.
hint-busy = It is busy right now. Stay where you are.
hint-closer = A little closer still.
hint-turn-further = A little further round.
hint-phone-further = A little further round with the phone.
hint-turn-back = Not quite so far. Turn back a little.
hint-phone-back = Not quite so far. Move the phone back a little.
hint-other-side = To the other side.
hint-phone-other-side = To the other side with the phone.
hint-profile = Your face is seen from the side. Turn it towards the camera.
hint-keep-there = Good. Stay like that.
hint-more-time = Take your time. You have half a minute more, and no try is spent.
hint-too-large = The camera’s picture is too large. Choose a lower resolution.
hint-not-jpeg = The picture has to be a JPEG.
hint-sunglasses = Your eyes are covered. Take off your sunglasses if you can.
hint-mask = Your mouth is covered. Take off your mask if you can.
reason-no-match = Your face did not match the picture in the document.
reason-flat = The camera saw something flat, such as a photo, or your head turned too little.
reason-print-or-screen = The camera saw a print or a screen.
reason-another-face = There was more than one face before the camera.
reason-prompt-not-met = One of the sentences was not followed.
reason-unsure = We could not see well enough whether it is you.
reason-none = Your face could not be seen.
reason-blurred = The pictures were blurred.
reason-covered = Your face was covered by a mask or sunglasses.
reason-light = The colours of the screen could not be seen on your face.
reason-not-live = The pictures were not good enough.
next-no-match = If the picture is old or you have changed a lot, use another way: Support or Citizen Service. Is it your document? Then try once more in better light.
next-own-face = Show your own face, and follow each sentence all the way.
next-alone = Be alone before the camera, and try again.
next-light = Try again with more light on your face.
next-hold-still = Hold still, rest the phone against something, and try again.
next-screen-light = Turn up the screen and go where it is less bright, or try again without the colours.
next-uncovered = Take off what covers your face, and try again.

# Ends
done-heading = Done
done-first-pin = Your PIN code is set. The app is ready for use.
done-new-pin = Your new PIN code is set. The app is ready for use. We have sent you a message about it on every channel we know.
done-approved = You have approved the sign-in to { $service }.
done-refused = You have refused the sign-in. If you did not ask for it, somebody may be trying to use your name.

# What happened
notice-offline = There is no connection. Nothing was tried. Check the internet connection and try again.
notice-offline-code = The connection broke while your code was checked. Type the same code again: it counts only once.
notice-fault = Something went wrong in the app or the service. Try again. If it goes on, call Support.
notice-capture-over = It took too long. Begin again; it has cost nothing.
notice-key-store = The phone's key store refused. Restart the phone and try again.
notice-activation-refused = This code does not work. Check it, or ask your eID provider for a new one.
notice-activation-code-form = An activation code has 8 letters and digits.
notice-offer-form = The number in the letter has 10 letters and digits.
notice-sign-in-number-form = The number on the page has four digits.
notice-device-name-form = Give the phone a name of at most 40 characters.
notice-label-form = The name may have at most 40 characters.
notice-six-digits = A PIN code has 6 digits.
notice-wrong-pin = Wrong PIN code.
notice-opened = Right PIN code. The app is open.
notice-lost-connection-cost-a-try = The connection broke during your last try, and it was counted as a wrong PIN code.
notice-weak-few-digits = Too easy to guess: use at least 3 different digits.
notice-weak-run = Too easy to guess: do not use digits in a row.
notice-weak-birth-date = Too easy to guess: do not use your birthday.
notice-weak-common = Too easy to guess: this is one of the commonest PIN codes.
notice-pins-differ = The two PIN codes were not the same. Choose again.
notice-grant-lapsed = The time to choose a new PIN code has run out. Start again with one of the three ways.
notice-temporary-pin-form = A temporary PIN has 8 digits.
notice-p-code-form = A P code has 8 digits.
notice-no-reader = This phone cannot read chips. Use one of the other ways.
notice-no-document = There is no document at the phone. Hold it there and try again.
notice-chip-lost = The contact to the chip broke. Hold the phone there again: we go on where we were.
notice-chip-refused = The chip did not open with what you typed. Check it and try again.
notice-needs-card-access-number = This document opens by the 6 digits on its front. Type those.
notice-chip-unreadable = This chip cannot be read. Is it a passport, ID card or residence permit with a chip? If so, use one of the other ways.
notice-number-form = Check the document number: letters and digits only, as on the document.
notice-birth-form = Type the date of birth as day, month, year: 27 03 1985.
notice-expiry-form = Type the last day of validity as day, month, year: 27 03 2030.
notice-lines-form = The lines do not fit together. Check each character.
notice-can-form = The access number is made of digits only, usually 6.
notice-no-picture = The camera gave no usable picture for each sentence. Try again.
