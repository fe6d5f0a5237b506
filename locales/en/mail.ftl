# Every sentence of the mails. What a user chose (names) never stands in a subject.

mail-greeting = Hello { $name },
mail-greeting-all = Hello,
mail-when = When: { $when }
mail-by-administrator = { $name } (administrator)
mail-by-operator = { $name } ({ $brand })
mail-browser = Browser: { $browser }
mail-address = From the address: { $address }
mail-support-email = E-mail: { $contact }
mail-support-phone = Phone: { $contact }
mail-why = Sent to the address on file for { $name } at { $portal }. No portal mail ever asks for a password.
mail-why-not-me = Sent to the address on file at { $portal }. No portal mail ever asks for a password.
mail-why-typed = Sent because somebody typed this address at { $portal }. No portal mail ever asks for a password.

mail-phones-untouched = Your phones stay connected. They have SIP passwords of their own, which this does not touch.
mail-not-you-administrator = You can also tell your administrator ({ $names }) or { $brand }: they can sign out every browser and set a new password.
mail-not-you-provider = You can also tell { $brand }: they can sign out every browser and set a new password.
mail-not-expected-administrator = If you did not expect this, ask { $by } or { $brand }.
mail-not-expected-provider = If you did not expect this, ask { $brand }.

## Your password was changed

mail-password-changed-subject = { $brand }: your portal password was changed
mail-password-changed-what = The portal password of { $name } was changed.
mail-password-changed-by-link = The portal password of { $name } was changed with a reset link, and every browser was signed out.

## The button for whoever did not do what a mail reports

mail-not-me-button = This wasn't me
mail-not-me-password = If this was you, there is nothing to do. If it wasn't, stop it here: every browser is signed out, the new password stops working, and you get a mail with a link to choose another.
mail-not-me-email = If this was you, there is nothing to do. If it wasn't, stop it here: every browser is signed out, this address is put back, the password stops working, and you get a mail with a link to choose another.
mail-not-me-sign-in = If this was you, there is nothing to do. If it wasn't, stop it here: every browser is signed out, the password stops working, and you get a mail with a link to choose another.
mail-not-me-once = It asks for your sign-in name first, which is not in this mail, and works once, within 72 hours.

## An administrator set a password

mail-password-set-subject = { $brand }: a new portal password was set for you
mail-password-set-what = { $by } set a new portal password for { $name }.
mail-password-set-until = Works until: { $when }
mail-password-set-told = The password is not in this mail and never will be: whoever set it tells you. The old one no longer works, and every browser was signed out.
mail-password-set-must-change = At your next sign-in you choose a password of your own, before anything else.
mail-password-set-may-change = You can choose one of your own whenever you like: Account, Account Settings.

## Somebody asked for a new password

mail-reset-subject = { $brand }: choose a new portal password
mail-reset-what = Choose a new portal password for { $name }, who signs in as { $sign-in-name }.
mail-reset-what-several = Choose a new portal password. Several people have this address: take the link of the one who signs in with it.
mail-reset-for = For { $name }, who signs in as { $sign-in-name }:
mail-reset-when = Asked for: { $when }
mail-reset-by = Sent by: { $by }
mail-reset-button = Choose a new password
mail-reset-once = The link works once, within 60 minutes.
mail-reset-code = Or type this code where you asked for the mail, within 10 minutes: { $code }
mail-reset-until = Your password stays as it is until you use the link. Give it to nobody, whoever asks.
mail-reset-not-me = You get this because “This wasn't me” was used in a mail about your access: every browser was signed out. Give the link to nobody, whoever asks.
mail-reset-not-you = If you did not ask for this, there is nothing to do: the password stays as it is unless somebody uses the link. Give neither link nor code to anybody, whoever asks.

## An administrator added somebody

mail-invitation-subject = { $brand }: choose your portal password
mail-invitation-what = { $by } invites you, { $name }, to the phone portal.
mail-invitation-account = Your account: { $account }
mail-invitation-name = You sign in as: { $name }
mail-invitation-button = Choose your password
mail-invitation-once = The link works once, until { $until }. When it is over, ask for a new one.
mail-invitation-portal = In the portal you see your phones, and change your password whenever you like.
mail-invitation-not-you = If you know nothing of this, there is nothing to do: without the link nobody can sign in. Give it to nobody, whoever asks.

## An administrator printed a set-up slip

mail-slip-subject = { $brand }: a set-up slip was printed for you
mail-slip-what = { $by } printed a set-up slip for { $name }.
mail-slip-until = Works until: { $when }
mail-slip-use = With the slip you choose a new portal password. Until it is used, your password and your sessions stay as they are. Neither its link nor its code is in this mail.

## A new browser signed in

mail-new-browser-subject = { $brand }: a new browser signed in
mail-new-browser-what = Somebody signed in as { $name } with a browser that is not remembered.
mail-new-browser-you = Browsers that are remembered are listed in the portal: Account, Sessions.

## The e-mail address changes

mail-email-confirm-subject = { $brand }: confirm your e-mail address
mail-email-confirm-what = Confirm that this is your e-mail address.
mail-email-confirm-name = It asks for your sign-in name, unless you are signed in.
mail-email-confirm-button = Confirm this address
mail-email-confirm-once = The link works once, within 24 hours of being asked for. Until then nothing changes.
mail-email-confirm-not-you = If you do not know what this is about, there is nothing to do: somebody typed your address at { $brand } by mistake, and without the link it is not used.
mail-email-changed-subject = { $brand }: your e-mail address was changed
mail-email-changed-what = The e-mail address of { $name } was changed.
mail-email-changed-new = New address: { $email }
mail-email-changed-then = From now on, mail about your access goes to the new address, reset links too. This is the last one to the old address.
mail-email-removed-what = The e-mail address of { $name } was removed.
mail-email-removed-then = From now on you get no mail about your access, and a lost password can't be reset by mail. This is the last mail to this address.
mail-email-confirmed-subject = { $brand }: this is your e-mail address now
mail-email-confirmed-what = This is now the e-mail address of { $name }, who signs in as { $sign-in-name }.
mail-email-confirmed-then = Mail about your access comes here from now on, and a lost password can be reset with it.

mail-email-withdrawn-subject = { $brand }: your e-mail address was withdrawn
mail-email-withdrawn-what = This e-mail address was withdrawn.
mail-email-withdrawn-then = “This wasn't me” was used in a mail to the address that was on file before. From now on no mail about that access comes here, and the links that came here no longer work.
mail-email-withdrawn-yours = If you know nothing of this, there is nothing to do. If it is your access, tell your administrator or { $brand } now.

## An administrator ended every session, disabled or enabled

mail-signed-out-subject = { $brand }: you were signed out
mail-signed-out-what = { $by } signed { $name } out of the portal.
mail-signed-out-password =
    { $count ->
        [one] That ended your session in one browser. Your password is the same as before; sign in again with it.
       *[other] That ended your sessions in { $count } browsers. Your password is the same as before; sign in again with it.
    }
mail-disabled-subject = { $brand }: your access is disabled
mail-disabled-what = { $by } disabled the access of { $name }.
mail-disabled-until = Every browser was signed out, and you can't sign in until your access is enabled again. Nothing is deleted.
mail-disabled-phones = Your phones can't register until then either.
mail-enabled-subject = { $brand }: your access is enabled again
mail-enabled-what = { $by } enabled the access of { $name } again.
mail-enabled-password = You can sign in again with your portal password.
mail-enabled-no-password = You have no portal password at the moment: ask whoever enabled your access for a way to choose one.
mail-enabled-phones = Your phones can register again, with the SIP passwords they have.

## Somebody suggested something about an article

mail-suggestion-subject = { $brand }: about your suggestion
mail-suggestion-what = { $by } answers what you suggested for the help centre.
mail-suggestion-article = Article: { $title }
mail-suggestion-page = To be read at: { $page }
mail-suggestion-when = You wrote: { $when }

## The operator tries the mail settings

mail-trial-subject = { $brand }: test mail
mail-trial-what = Mail from { $brand } arrives.
mail-trial-portal = Sent by: { $portal }
mail-trial-nothing = Somebody at { $brand } sent this to try the portal's mail settings. There is nothing to do.

## Phones

mail-phone-open = Open the phone
mail-phone-notices-off = You get this mail because you asked for it. On the phone's page you can turn it off.
mail-overlap-ends-subject = { $brand }: an old SIP password stops working soon
mail-overlap-ends-what = The old SIP password of { $label } stops working soon, and the new one was never used.
mail-overlap-ends-until = Until: { $when }
mail-overlap-ends-next = Enter the new SIP password on the phone before then. Afterwards it stays disconnected until it has the new one.
mail-overlap-ends-lost = If the new one is lost, make another one on the phone's page.
mail-phone-offline-subject = { $brand }: a phone is offline
mail-phone-offline-what = Your phone { $label } is offline.
mail-phone-offline-since = Since: { $when }
mail-phone-offline-next = Look whether it has power and a network. On its page you see what it tried.
mail-phone-flapping-subject = { $brand }: a phone connects again and again
mail-phone-flapping-what = Your phone { $label } connects again and again.
mail-phone-flapping-times = New connections in the hour before: { $times }
mail-phone-flapping-next = Its network may be unsteady, or two phones share its SIP password. On its page you see from where it came.
