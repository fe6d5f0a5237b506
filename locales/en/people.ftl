# What administrators and operators see: the people of an account, what is done for them, and who may do it.

menu-administration = Administration
menu-people = People
menu-record = Audit
menu-accounts = Accounts
menu-mail = Mail
search = Search
pager-label = Pages
pager-first = First page
pager-next = Next page
role-administrator = administrator

who-can-administrators = For { $account } that is up to: { $names }.
who-can-nobody = Your account has no administrator at the moment. Ask your provider.
who-can-operators = Your provider's own staff can.
need-help-title = Need something else?
need-help-who = Your administrator at { $account }: { $names }.
need-help-provider = Your provider helps: { $contact }.
who-can-operator-sees = People of an account are up to its own administrators. Operators see the accounts.

## People

people-title = People
people-what = Everyone at { $account }. Open a person to help them in, sign browsers out, or stop someone from signing in.
people-add = Add a person
people-search-label = Search people
people-search-hint = Name, e-mail or extension
people-none-title = Nobody found
people-none-found = No name, sign-in name, e-mail or extension holds that.
people-all = Show everyone
people-name = Name
people-email = E-mail
people-extension = Extension
people-phones = Phones
person-disabled = disabled
person-no-password = no password
person-must-change = must change password

## Adding a person

add-title = Add a person
add-what = They become a user of { $account }. Nobody can sign in as them before they have a password.
add-display-name = Name
add-display-name-empty = Enter their name.
add-name = Sign-in name
add-name-empty = Enter a sign-in name, such as ann.
add-name-characters = Use letters and digits for the sign-in name; . - _ ' + may follow the first of them.
add-name-long = That sign-in name is too long. Use at most 64 characters.
add-name-taken = Somebody has that sign-in name already. Choose another.
add-extension-label = Extension (optional)
add-extension = An extension is 1 to 16 digits.
add-email-label = E-mail (optional)
add-email = That is not an e-mail address. It looks like ann@example.com.
add-email-missing = Enter the e-mail that the invitation goes to, or send none.
add-email-wait = That address got as many mails as one address gets within an hour. Send the invitation in { $wait }, or add them without one.
add-invite = Send an invitation to this address
add-invite-what = It holds a link to choose a password, which works once, within 72 hours. Without it, print a set-up slip or make a temporary password on the next page.
add-role-label = What they may do
add-role = Choose one of the two.
add-role-user = User
add-role-user-what = Their own password, browsers and phones.
add-role-administrator = Administrator
add-role-administrator-what = The people of { $account } too.
add-button = Add person
added = { $name } is added. Nobody can sign in as them yet: print a set-up slip, or make a temporary password.
added-no-address = { $name } is added. No invitation was sent: there is no e-mail. Print a set-up slip, or make a temporary password.
added-invited = { $name } is added. The invitation is on its way to { $email }.

## One person

person-email-none = No e-mail on file
person-password-title = Portal password
person-password-none = None: nobody can sign in with a password until one is set.
person-password-since = Set { $when }.
person-password-temporary = Temporary: it must be changed at the next sign-in, and works until { $until }.
person-password-must-change = It must be changed at the next sign-in.
person-password-expired = The temporary password stopped working { $when }. Make a new one.
person-password-disabled = Enable { $name } first: a password is of no use to someone who may not sign in.
person-password-effect =
    { $count ->
        [0] A new password ends the old one at once. Phones stay connected: they have SIP passwords of their own.
        [one] A new password ends the old one at once and signs out 1 browser. Phones stay connected: they have SIP passwords of their own.
       *[other] A new password ends the old one at once and signs out { $count } browsers. Phones stay connected: they have SIP passwords of their own.
    }
invite-again = Send the invitation again
invite-again-what = A new mail goes to { $email }, with a link that works once, within 72 hours. The link of an earlier invitation, and a set-up slip, stop working.
invite-again-button = Send it now
person-open = An invitation or a set-up slip for them is good until { $until }.
invite-wait = { $name } got as many mails as one address gets within an hour. Try again in { $wait }, or make a set-up slip.
invite-again-done = A new invitation is on its way to { $email }. Earlier ones don't work any more.
slip-make = Print a set-up slip
slip-what = For someone without e-mail: a sheet of paper with a link and a code to choose a password. It works once, within 72 hours. An earlier slip or invitation stops working.
slip-what-password = For someone who can't get in: a sheet of paper with a link and a code to choose a new password. It works once, within 72 hours; the password there is now stays until then. An earlier slip stops working.
slip-button = Make the slip
slip-page-title = Set-up slip
slip-page-once = It is shown only now: print it before you leave this page, and give it to { $name } in person.
slip-page-password = The password there is now stays until the slip is used.
slip-print = Print
slip-done = Done
slip-title = { $name }, choose your portal password
slip-picture = The link of this slip, for a phone's camera
slip-step-scan = Scan this with the camera of a phone.
slip-step-type = Or open this address on any computer, and type your sign-in name and the code:
slip-step-choose = Choose a password that only you know.
slip-step-sign-in = Sign in with it.
slip-name = Sign-in name
slip-code = Code
slip-until = Works until
slip-care = It works once. Whoever holds it can choose the password, so give it to nobody else, and throw it away afterwards.
temporary-make = Make a temporary password
temporary-what = The portal chooses one and shows it to you once. Pass it on yourself. It works for 72 hours and must be changed at the next sign-in.
temporary-button = Make it now
temporary-title = Temporary password
temporary-once = It is shown only now: copy it before you leave this page, and pass it on by phone or in person.
temporary-copy = Copy password
temporary-done =
    { $count ->
        [0] The old password no longer works. Nobody was signed in with it. Phones stay connected.
        [one] The old password no longer works, and 1 browser was signed out. Phones stay connected.
       *[other] The old password no longer works, and { $count } browsers were signed out. Phones stay connected.
    }
typed-make = Type a password
typed-must-change = Must be changed at the next sign-in
typed-must-change-what = It works for 72 hours.
typed-lasts = Lasts until { $name } changes it
typed-lasts-what = You know it until then.
typed-lasting = How long it lasts
typed-rules = The rules, as { $name } reads them:
typed-button = Set password
person-password-set = { $name }'s password is set. It lasts until { $name } changes it.
person-password-set-until = { $name }'s password is set. It works until { $until } and must be changed at the next sign-in.
person-browsers-title = Browsers
person-browsers-none = Not signed in anywhere.
person-browsers-prove = Confirm it's you to sign out one browser
person-sign-out = Sign out everywhere
person-sign-out-what = Every browser is asked for the password again. Phones stay connected.
person-sign-out-button = Sign out { $name }
person-signed-out =
    { $count ->
        [0] { $name } was not signed in anywhere.
        [one] 1 browser of { $name } is signed out.
       *[other] { $count } browsers of { $name } are signed out.
    }
person-phones-none = No phones.
person-phone-add-what = It becomes a phone of { $name }. You get a SIP password and the settings to enter on it.
person-phone-label-hint = So that they know it again, such as Desk, Kitchen or Mobile.
person-phone-extension-hint = Without one it gets theirs, { $extension }.
person-remove = Remove
person-remove-title = Remove { $name }
person-remove-for = For good. If they may come back, disable them instead.
person-remove-what =
    { $phones ->
        [0] Signs out every browser and deletes { $name } from the portal. It can't be undone. The sign-in name { $sign-in-name } becomes free; the audit goes on naming { $name }.
        [one] Signs out every browser and deletes { $name } and the phone, which is disconnected at once. It can't be undone. The sign-in name { $sign-in-name } becomes free; the audit goes on naming { $name }.
       *[other] Signs out every browser and deletes { $name } and { $phones } phones, which are disconnected at once. It can't be undone. The sign-in name { $sign-in-name } becomes free; the audit goes on naming { $name }.
    }
person-remove-button = Remove { $name }
person-is-removed =
    { $phones ->
        [0] { $name } is removed.
        [one] { $name } and 1 phone are removed. The phone is disconnected.
       *[other] { $name } and { $phones } phones are removed. The phones are disconnected.
    }
person-disable-title = Disable { $name }
person-disable-what =
    { $phones ->
        [0] For someone who has left. Signs out every browser; nothing is deleted, and you can enable { $name } again.
        [one] For someone who has left. Signs out every browser and disconnects the phone. Nothing is deleted, and you can enable { $name } again.
       *[other] For someone who has left. Signs out every browser and disconnects { $phones } phones. Nothing is deleted, and you can enable { $name } again.
    }
person-disable = Disable
person-disable-button = Disable { $name }
person-is-disabled =
    { $count ->
        [0] { $name } is disabled.
        [one] { $name } is disabled. 1 browser is signed out.
       *[other] { $name } is disabled. { $count } browsers are signed out.
    }
person-enable-title = Enable { $name }
person-enable-what =
    { $phones ->
        [0] The password from before works again, unless it was temporary and its time is over.
       *[other] The password from before works again, unless it was temporary and its time is over. Phones register again by themselves.
    }
person-phones-refused = They are disconnected, and refused until { $name } is enabled.
person-mailed = A mail to { $address } says that it was done, without the password.
person-not-mailed = No mail is sent: there is no confirmed address on file.
person-enable-no-password =
    { $phones ->
        [0] There is no password to sign in with: send a reset link, print a set-up slip or make a temporary password afterwards.
       *[other] There is no password to sign in with: send a reset link, print a set-up slip or make a temporary password afterwards. Phones register again by themselves.
    }
person-enable = Enable
person-enable-button = Enable { $name }
person-is-enabled = { $name } can sign in again.
person-is-enabled-no-password = { $name } is enabled, and has no password yet: send a reset link, print a set-up slip or make a temporary password.
your-password = Your own password
your-password-why = You signed in a while ago. Confirm it's you, { $name }.
your-password-missing = Enter your own password: you signed in a while ago.
your-password-wrong = That is not your own password. Nothing was changed.

refused-yourself = That is you. Your own password is under Account, Account Settings.
refused-equal = { $name } is an administrator like you. Administrators don't act on each other: your provider can help.
refused-higher = { $name } belongs to your provider's staff.
refused-last = { $name } is the last administrator. An account keeps at least one: your provider can help.
refused-has-password = { $name } has a password, or had one. Send a reset link, make a temporary password, or print a set-up slip.
refused-no-address = No e-mail of { $name } is on file. Print a set-up slip instead.
refused-disabled = { $name } may not sign in. Enable { $name } first.

## Errors

error-administrators-title = That is for administrators
error-administrators-what = Your own password, browsers and phones are yours to change; other people's are not.
error-administrators-next = Ask an administrator, or go back to your own pages.
error-operators-title = That is for your provider's staff
error-operators-what = This page shows all accounts of the provider.
error-operators-next = Go back to your own pages.
error-not-yours-title = You can't do this here
error-not-yours-what = Nothing was changed.
error-not-yours-next = Go back to your own pages.
error-overtaken-title = Somebody else was faster
error-overtaken-what = Another password was set for this person at the same moment. Yours was not.
error-overtaken-next = Look at the person's page, then decide whether a new one is needed.

## All phones of the account

all-phones-title = All phones
all-phones-what = Every phone at { $account }, by person. Open one to help with it.
all-phones-search-label = Search phones
all-phones-search-hint = Name, address or model
all-phones-states = Show phones by state
all-phones-none-title = No phones yet
all-phones-none = Add one on the page of a person.
all-phones-none-found-title = No phone found
all-phones-none-found = No phone fits what you search for.
all-phones-all = Show all phones
all-phones-phone = Phone
all-phones-person = Person
all-phones-state = State
phones-state-any = All
phones-state-registered = Registered
phones-state-silent = Not answering
phones-state-outdated = Old SIP password
phones-state-offline = Offline
phones-state-unknown = State not known
phones-state-never = Never connected
phones-state-blocked = Blocked

## Accounts

accounts-title = Accounts
accounts-what = The accounts of { $brand }. They are set up on the server, with the linekey command.
accounts-search-label = Search accounts
accounts-search-hint = Name or domain
accounts-none-found = No name or domain holds that.
accounts-none = No account yet
accounts-none-next = Add one with: linekey account add
accounts-name = Account
accounts-people = People
accounts-administrators = Administrators
accounts-phones = Phones
accounts-phones-of = { $phones } of { $most }
accounts-suspended = suspended
accounts-none-administrator = none

## Audit

record-title = Audit
record-what = Who did what at { $account }, newest first. A change to this record would be noticed.
record-kind = What to show
record-everything = Everything
record-sign-ins = Sign-ins
record-changes = Passwords changed
record-set = Passwords set for someone
record-signed-out = People signed out
record-disabled = People disabled
record-enabled = People enabled
record-added = People added
record-removed = People removed
record-resets = Lost passwords
record-not-me = “This wasn't me”
record-emails = E-mail addresses changed
record-invitations = Invitations sent again
record-slips = Set-up slips
record-phones = Phones added
record-forbidden = Refused pages
record-show = Show
record-person = Only what { $name } did, and what was done to { $name }.
record-to-person = Open the person
record-none = Nothing yet
record-all = Show everything
record-newest = Newest
record-older = Older
person-events-title = What happened
person-events-all = Show all
