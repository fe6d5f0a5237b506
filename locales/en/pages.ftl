# Every sentence of the pages. The rules of a password are in password-rules.ftl, mails in mail.ftl.
# Short, plain, second person; a button is a verb; say what will happen and what did.

language-name = English

## Frame

skip-to-content = Skip to content
menu-label = Main
menu-phones = Phones
menu-account = Account
menu-settings = Account Settings
menu-sessions = Sessions
menu-sign-out = Sign out
title-problem = Problem:
errors-title = Nothing was saved yet
cancel = Cancel
show = Show
hide = Hide
# What screen readers say of those two, with the name of the field.
show-field = Show: { $field }
hide-field = Hide: { $field }
caps-lock = Caps Lock is on.
copy = Copy
copied = Copied

## Sign in

sign-in-title = Sign in
sign-in-to = to your phone portal
sign-in-name-label = Sign-in name or e-mail
sign-in-password-label = Password
sign-in-button = Sign in
sign-in-help = New here, or no e-mail address on file?
sign-in-help-next = Ask your administrator.
sign-in-refused = That name and password don't match.
sign-in-expired = That temporary password has expired. Ask your administrator for a new one.
sign-in-wait = Too many tries. Try again in { $wait }.
wait-seconds =
    { $count ->
        [one] 1 second
       *[other] { $count } seconds
    }
wait-minutes =
    { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
wait-hours = { $count } hours
sign-in-signed-out = You are signed out.
sign-in-session-over = Your session has ended. Sign in to go on.
sign-in-session-ended = Your session has ended, so what you sent last was not saved. Sign in to go on.
sign-in-required = Sign in to see that page.

## Confirm it's you

confirm-title = Confirm it's you
confirm-why = You signed in a while ago. Enter your portal password to go on.
confirm-act-password = You asked to change your password { $ago }.
confirm-waits = Enter the password you have used until now, and the new one is saved. It waits for 5 minutes.
ago-now = a moment ago
ago-minutes =
    { $count ->
        [one] 1 minute ago
       *[other] { $count } minutes ago
    }
confirm-password-label = Current password
confirm-button = Continue
confirm-button-change = Change password
confirm-refused = That is not your current password.

## Account Settings

settings-title = Account Settings
extension-label = extension
must-change = Your password was set for you. Choose one that only you know; then the rest of the portal opens.
profile-title = Profile
profile-name = Name
profile-email = E-mail
profile-email-verified = verified
profile-email-unverified = not verified
profile-email-unverified-what = Nobody has confirmed this address yet. Until then no mail about your access goes to it.
profile-email-verify = Send a mail to confirm it
profile-email-waiting = Waiting for confirmation of { $email }. Open the link in the mail there within 24 hours.
profile-email-again = Send again
profile-email-what = Where mail about your access goes, reset links too. A new address works once you open the link that is mailed to it.
profile-email-without = Remove it: no mail about my access, and no reset link if I lose my password
profile-email-form = Enter an address such as ann@acme.example.
profile-email-empty = Enter an address, or tick the box below to go without one.
profile-email-frozen = The e-mail address can't be changed until { $until }, because somebody used “This wasn't me”. A password set by a reset link or by an administrator ends that earlier.
profile-email-wait = So many mails were sent that this has to wait { $wait }.
profile-email-asked = We sent a mail to { $email }. Open its link within 24 hours; until then nothing changes.
profile-email-cancelled = The change of your e-mail address is cancelled.
profile-email-removed = Your e-mail address is removed.
profile-password = Your portal password
profile-password-what = Only needed to change your e-mail: you signed in a while ago.
profile-email-none = none
profile-language = Language
profile-zone = Time zone
profile-edit = Edit profile
profile-edit-what = Your name as others see it, where mail goes, and the time zone in which the portal tells you times.
profile-save = Save profile
profile-saved = Your profile is saved.

name-empty = Enter your name.
name-too-long = That name is too long. Use a shorter one.
name-characters = Leave out line breaks and other control characters.
zone-unknown = Choose a time zone from the list.

## Confirm an e-mail address

email-title = Confirm your address
email-what = It was typed in Account Settings. Only you can say that this mailbox is yours.
email-name = Your sign-in name
email-name-what = All of it, such as name@company.example. It shows that this mail came to whoever asked for it.
email-name-empty = Enter your sign-in name.
email-name-wrong = That is not the sign-in name of whoever asked for this mail. After five tries the link stops working.
email-effect = From then on, mail about your access goes to this address, reset links too.
email-button = Confirm this address
email-not-you = Do you not know what this is about? Close this page: without the button nothing changes.
email-done-title = Address confirmed
email-done-what = Mail about your access goes there from now on.

## This wasn't me

not-me-title = This wasn't me
not-me-what-password = Your portal password was changed: { $when }.
not-me-what-reset = Your portal password was reset: { $when }.
not-me-what-email = Your e-mail address was changed: { $when }.
not-me-what-sign-in = A new browser was signed in as you: { $when }.
not-me-will = When you press the button:
not-me-will-sessions = Every browser is signed out.
not-me-will-password = The portal password stops working, whoever knows it.
not-me-no-password = There is no portal password to stop.
not-me-keeps-password = Your portal password stays: another one was set since.
not-me-will-email = { $email } is your e-mail address again.
not-me-will-freeze = The e-mail address can't be changed for { $hours } hours, or until you have a new password.
not-me-will-mail = You get a mail with a link to choose a new password.
not-me-no-mail = No address is on file for a reset link: ask your administrator for a new password.
not-me-phones = Phones stay connected: they have SIP passwords of their own.
not-me-name = Your sign-in name
not-me-name-what = All of it, such as name@company.example. The mail does not tell it, so that it is no use to a stranger.
not-me-name-empty = Enter your sign-in name.
not-me-name-wrong = That is not the sign-in name this mail is about. After five tries the link stops working.
not-me-button = Sign everyone out
not-me-was-me = Was it you after all? Close this page: without the button nothing changes.
not-me-done-title = Signed out everywhere
not-me-did-sessions = Every browser was signed out.
not-me-did-password = The portal password no longer works.
not-me-did-email = Your former e-mail address is back on file.
not-me-did-frozen = The e-mail address can't be changed for { $hours } hours, or until you have a new password.
not-me-next-mail = A mail with a link to choose a new password is on its way to you. If none comes within a few minutes, look into the spam folder too, or ask for a reset link on the sign-in page.
not-me-next-ask = No address is on file for a reset link. Ask your administrator for a new password now.
not-me-to-sign-in = Back to sign in

## Change password

password-title = Change password
password-what = For this portal only. Phones keep their own.
password-new = New password
password-confirm = Confirm new password
password-suggest = Suggest a passphrase
password-suggested = A passphrase is in both fields. Save it in your password manager or write it down.
password-advice = Three or four unrelated words work well.
password-differs = The two passwords are not the same yet.
password-save = Save new password
rules-label = What it needs
rules-some = %met% of %all% rules met
rules-all = All rules met
rule-met = : met
rule-unmet = : not met yet
strength-label = Strength
strength-none = Nothing typed yet
strength-0 = Very weak
strength-1 = Weak
strength-2 = Fair
strength-3 = Good
strength-4 = Strong
sign-out-others = Sign out my other browsers

effect-title = When you save
effect-browsers =
    { $count ->
        [one] Signs out 1 other browser: { $names }.
       *[other] Signs out { $count } other browsers: { $names }.
    }
effect-browsers-none = No other browser is signed in.
effect-browsers-kept = Your other browsers stay signed in.
# How many of all are registered now; the lines below it name each.
effect-phones =
    { $count ->
        [one] { $registered ->
            [0] Nothing changes for your phone.
           *[other] Your phone stays connected.
        }
       *[other] { $registered ->
            [0] Nothing changes for your { $count } phones.
            [one] Your phones stay connected: 1 of { $count } is registered now.
           *[other] Your phones stay connected: { $registered } of { $count } are registered now.
        }
    }
effect-phones-all =
    { $count ->
        [one] Your phone stays connected.
       *[other] Your { $count } phones stay connected.
    }
effect-phones-none = You have no phones yet. Each phone you add gets its own SIP password.

## Password changed

done-title = Password changed
done-when = Since { $when }, only the new password works.
done-browsers =
    { $count ->
        [0] No other browser was signed in.
        [one] 1 other browser was signed out.
       *[other] { $count } other browsers were signed out.
    }
done-browsers-kept =
    { $count ->
        [0] No other browser was signed in.
        [one] 1 other browser stays signed in, as you chose.
       *[other] { $count } other browsers stay signed in, as you chose.
    }
done-this-browser = This browser stays signed in.
done-phones-title = Your phones now
done-to-phones = See your phones
done-to-settings = Account Settings

## Sessions

sessions-title = Sessions
sessions-what = The browsers that are signed in as you.
sessions-unknown-title = Don't know one of them?
sessions-unknown-next = Sign it out, then change your password. Your phones stay connected.
sessions-to-password = Change password
sessions-see = See your sessions
sessions-count =
    { $count ->
        [0] Only this browser is signed in.
        [one] This browser and 1 other are signed in.
       *[other] This browser and { $count } others are signed in.
    }
session-this-one = This browser
session-this-computer = The portal's own computer
session-started = Signed in since
session-last-seen = Last seen
session-end = Sign out
sessions-end-others = Sign out all other browsers
sessions-only-this = No other browser is signed in.
sessions-ended-one = That browser is signed out.
sessions-ended-others =
    { $count ->
        [0] No other browser was signed in.
        [one] 1 other browser is signed out.
       *[other] { $count } other browsers are signed out.
    }
browser-on = { $browser } on { $system }
browser-unknown = A browser we don't recognise

devices-title = Remembered browsers
devices-what = You signed in with these before. When somebody guesses your password elsewhere, they still let you in at once.
devices-mailed = When another browser signs in as you, you get a mail, at most once a day.
devices-none = No browser is remembered.
device-first = Remembered since
device-last = Last sign-in
device-distrusted = Not trusted
device-distrusted-why = Ten wrong passwords were typed in it since its last sign-in. It counts as a new browser until you sign in with it again.
device-forget = Forget
devices-forgotten = That browser is forgotten. When it signs in again, it counts as a new one.


## Phones

phones-title = Phones
phone-of = Phone of { $name }
phones-what = Each phone has its own SIP password. Changing your portal password does not touch them.
phones-empty-title = Add your first phone
phones-empty-name = Give it a name here.
phones-empty-connect = Enter its settings and its SIP password on the phone, or let it fetch them with a link or a QR code.
phones-empty-look = It says “Registered now” here as soon as it is connected.
phones-none-title = You have no phones yet
phones-none-ask = Your administrator can add one for you.
phone-add = Add a phone
phone-add-title = Add a phone
phone-add-what = You get a SIP password and the settings to enter on the phone.
phone-label = Name of the phone
phone-label-hint = So that you know it again, such as Desk, Kitchen or Mobile.
phone-add-button = Add phone
phone-registered = Registered now, since { $since }
phone-silent = Registered, not answering since { $since }
phone-offline = Offline since { $since }
phone-never = Never connected
phone-unknown = State not known
phone-outdated = Using an old SIP password, last tried { $since }
phone-outdated-what = Enter the newest SIP password on it, or make a new one here.
phone-blocked = Blocked since { $since }
phone-overlap = The SIP password it had works until { $until }, or until the phone first connects with the new one.
phone-overlap-old = It is connected with the SIP password it had, which works until { $until }.
phone-seen = { $agent } at { $address }
phone-not-seen = Enter its settings on the phone to connect it.
phone-settings-title = Settings for the phone
phone-settings-what = Enter these on the phone, or in its web page or app.
phone-extension = Extension
phone-setting-server = SIP server
phone-setting-port = Port
phone-setting-user = User name
phone-setting-domain = Domain
phone-setting-transport = Transport
phone-setting-or = or
phone-setting-port-for = Port for { $transport }
phone-setting-algorithm = Digest algorithm
phone-connect-title = How to connect it
phone-connect-enter = Open the phone's menu, its web page or its app, and enter these settings with the SIP password.
phone-connect-save = Save there. The phone then connects by itself.
phone-connect-look = Look at the top of this page, or under Phones: it says Registered now.
phone-setting-sip-password = SIP password
phone-setting-sip-password-kept = Shown once, when it was made. If it is lost, make a new one.
sip-password-title = SIP password
sip-password-once = Copy it now. It is not shown again; nobody can look it up for you, not even your administrator.
sip-password-next = Enter it on this phone only. You don't need to remember it.
copy-sip-password = Copy SIP password
phone-set-up-phone-title = Set up by QR code or file
phone-set-up-phone-what = The phone fetches its settings and a new SIP password by itself. Nobody has to type them.
phone-set-up-phone-open = Make a set-up link
phone-set-up-link-waits = A set-up link works until { $until }, or until the phone connects with it. Nobody has opened it yet.
phone-set-up-link-opened = A set-up link works until { $until }, or until the phone connects with it. It was first opened { $fetched }.
phone-set-up-form-title = Set up { $label }
phone-set-up-form-what = You get a link that works for { $hours } hours. The phone fetches a new SIP password with it; as soon as it connects, the link is dead.
phone-set-up-kind = Kind of phone
phone-set-up-kind-softphone = Linphone or another softphone
phone-set-up-kind-yealink = Yealink
phone-set-up-kind-polycom = Polycom or Poly
phone-set-up-kind-grandstream = Grandstream
phone-set-up-kind-snom = Snom
phone-set-up-kind-choose = Choose the kind of phone.
phone-set-up-old = The SIP password it has now
phone-set-up-old-never = The phone has never connected, so the SIP password it was given before stops working at once.
phone-set-up-button = Make the link
phone-set-up-blocked = The phone is blocked. Let it connect again first.
phone-set-up-not-here = No phone can be set up here: the portal knows no SIP server.
phone-set-up-once = Whoever has the link has the SIP password. It is shown once; if it is lost, make a new one.
phone-set-up-done = Done
phone-set-up-picture = QR code with the link
phone-set-up-copy = Copy link
phone-set-up-link = Link
phone-set-up-files = Files behind it
phone-set-up-until = Works until
phone-set-up-until-then = { $until }, or until the phone connects
phone-set-up-old-until = The SIP password it had works until { $until }, or until the phone first connects with the new one.
phone-set-up-old-gone = The SIP password it had no longer works.
phone-set-up-step-softphone-one = In Linphone, add an account, choose to scan a QR code, and hold the camera here.
phone-set-up-step-softphone-two = On a computer, enter the link there as the address of the remote configuration.
phone-set-up-step-softphone-three = Linphone fetches its settings once and connects by itself.
phone-set-up-step-yealink-one = Open the phone's web page, then Settings and Auto Provision.
phone-set-up-step-yealink-two = Enter the link as Server URL. Leave user name and password empty.
phone-set-up-step-yealink-three = Choose Confirm, then Auto Provision Now.
phone-set-up-step-polycom-one = Open the phone's web page as its administrator, then Settings and Provisioning Server.
phone-set-up-step-polycom-two = Choose { $protocol } as Server Type and enter the link as Server Address.
phone-set-up-step-polycom-three = Save. The phone restarts and fetches its settings.
phone-set-up-step-grandstream-one = Open the phone's web page, then Maintenance and Upgrade and Provisioning.
phone-set-up-step-grandstream-two = Choose { $protocol } for the configuration and enter the link as Config Server Path.
phone-set-up-step-grandstream-three = Choose Save and Apply, then restart the phone.
phone-set-up-step-snom-one = Open the phone's web page, then Advanced and Update.
phone-set-up-step-snom-two = Enter the link as Setting URL and apply it.
phone-set-up-step-snom-three = Restart the phone. It fetches its settings then.
phone-set-up-other-title = Another softphone
phone-set-up-other-what = The account itself as a QR code: a plain SIP address with the SIP password in it. There is no common form of such codes: some softphones read this one, many only those of their own maker.
phone-set-up-other-show = Show the code
phone-set-up-other-picture = QR code with the account as a SIP address
phone-set-up-other-server = If it asks for a proxy, enter { $server }.
rotate-title = New SIP password
rotate-what = For when it was lost, or somebody else may know it. The portal password stays as it is.
rotate-make = Make a new SIP password
rotate-old = The one it has now
rotate-old-what = While both work you can go to the phone when it suits you. As soon as it connects with the new one, the old one stops.
rotate-at-once = stops working at once
rotate-hours =
    { $hours ->
        [one] works for 1 hour more
       *[other] works for { $hours } hours more
    }
rotate-overlap = Choose 0 to { $most } hours.
rotate-button = Make it
rotate-ends-link = The set-up link that is open stops working.
phone-off-title = Disconnect or remove
phone-off-what = For a phone that was lost, or is not used any more.
phone-disconnect = Disconnect
phone-disconnect-what = Its connection ends within a second. A phone that is in order connects again by itself.
phone-block = Don't let it connect again
phone-block-what = Until you allow it again here. Its SIP password stays as it is.
phone-disconnect-button = Disconnect { $label }
phone-allow = Let it connect again
phone-remove = Remove
phone-remove-what = Its connection ends, and its SIP password is good for nothing any more. To use the phone again, add it anew.
phone-remove-button = Remove { $label }
phone-is-disconnected = { $label } is disconnected.
phone-is-blocked = { $label } is disconnected and can't connect until you allow it again.
phone-is-allowed = { $label } can connect again, with the SIP password it has.
phone-is-removed = { $label } is removed.

label-empty = Name the phone.
label-too-long = Use a name of at most { $most } characters.
label-characters = Leave out line breaks and other control characters.
label-taken = You have a phone called { $label } already. Choose another name.
label-taken-theirs = { $name } has a phone called { $label } already. Choose another name.
phones-limit =
    { $count ->
        [one] You have 1 phone, which is the most you can have. Remove it first.
       *[other] You have { $count } phones, which is the most you can have. Remove one first.
    }
phones-limit-theirs =
    { $count ->
        [one] { $name } has 1 phone, which is the most one person can have. Remove it first.
       *[other] { $name } has { $count } phones, which is the most one person can have. Remove one first.
    }
phones-limit-account =
    { $count ->
        [0] The account can't have phones. Ask your provider.
        [one] The account can have 1 phone, and has it. Remove it first, or ask your provider for more.
       *[other] The account can have { $count } phones at most, and has them. Remove one first, or ask your provider for more.
    }
extension-characters = Use digits only, at most 16.

## Error pages: the title, what happened, what to do next

error-retry = Try again in { $wait }.
error-reference = Reference { $reference }
error-link-home = Go to the first page
error-link-again = Try again
error-link-sign-in = Sign in
error-link-settings = Account Settings
error-link-help = Search the help

error-signed-out-title = You are signed out
error-signed-out-what = Your session has ended, so nothing was changed.
error-signed-out-next = Sign in, then try again.

error-not-found-title = Nothing is here
error-not-found-what = The address may be mistyped, or what it led to is gone.
error-not-found-next = Check the address, or start from the first page.


error-link-gone-title = This link no longer works
error-link-gone-what = It was used already, its time is over, something newer took its place, or it was not copied whole. Nothing was changed.
error-link-gone-next = Sign in to see how things stand. If you can't, ask for a reset link on that page.

error-cross-site-title = That came from another site
error-cross-site-what = To protect you, the portal accepts forms from its own pages only. Nothing was changed.
error-cross-site-next = Open the portal itself and try again there.

error-method-title = That address only takes forms
error-method-what = It does something rather than show something, so it can't be opened as a page.
error-method-next = Start from the first page.

error-too-large-title = That is too much at once
error-too-large-what = A form may send at most 64 KiB. Nothing was changed.
error-too-large-next = Go back, shorten what you entered and send it again.

error-content-type-title = That form came in an unknown way
error-content-type-what = The portal reads ordinary web forms only. Nothing was changed.
error-content-type-next = Go back and send the form from its page.

error-bad-form-title = That form can't be read
error-bad-form-what = A field came twice or was damaged on the way. Nothing was changed.
error-bad-form-next = Go back, load the page again and send the form once more.

error-busy-title = Very busy just now
error-busy-what = Many people are signing in at this moment, so this had to wait too long. Nothing was changed.
error-busy-next = Your phones are not affected.

error-unknown-title = We can't tell whether that was saved
error-unknown-what = The portal lost its records at the last moment. It is saved wholly or not at all.
error-unknown-next = Look before you do it again. After a change of password, try the new one first, then the old one.

error-slow-title = That took too long to arrive
error-slow-what = The form did not come in within 10 seconds. Nothing was changed.
error-slow-next = Go back and send it again.

error-database-title = The portal is having a short break
error-database-what = It can't reach its records just now. Nothing was changed.
error-database-next = If it goes on, tell your provider and give the reference below.

error-defect-title = Something went wrong on our side
error-defect-what = It is not your doing, and it has been noted.
error-defect-next = Go back and try once more. If it happens again, tell your provider and give the reference below.

error-wait-title = Too many tries
error-wait-what = To keep strangers out, the portal now takes its time.
error-wait-next = Your phones are not affected.

error-conflict-title = Changed a moment ago
error-conflict-what = Your password was changed a moment ago, in another window or browser. This second change was not saved.
error-conflict-next = Sign in with the new one.

error-pending-gone-title = That change is no longer waiting
error-pending-gone-what = It is saved already, it waited longer than 5 minutes, or something else changed meanwhile.
error-pending-gone-next = If you pressed the button twice, the new password is saved. If not, enter it once more in Account Settings.

error-misdirected-title = The portal has another address
error-misdirected-what = It does not answer under the name in your browser's address bar.
error-misdirected-next = Use the address your provider gave you.

## The demo's mail box

demo-mail-title = Mail of this demo
demo-mail-what = Nothing leaves this machine: mail goes to a folder, and is listed here, newest first.
demo-mail-none = No mail yet
demo-mail-none-next = Change a password, and a note about it arrives here within a second.
demo-mail-plain = As plain text
