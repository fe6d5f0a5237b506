# What administrators and operators see: the people of an account, what is done for them, and who may do it.

menu-administration = Administration
menu-people = People
menu-record = Audit
menu-accounts = Accounts
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
people-what = Everyone at { $account }. Open a person to set a password, sign browsers out, or stop someone from signing in. Your provider adds new people.
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
person-no-password = no password yet
person-must-change = must change password

## One person

person-email-none = No e-mail on file
person-password-title = Portal password
person-password-none = None yet: nobody can sign in.
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
person-disable-title = Disable { $name }
person-disable-what =
    { $phones ->
        [0] For someone who has left. Signs out every browser; nothing is deleted, and you can enable { $name } again.
        [one] For someone who has left. Signs out every browser, and the phone is refused when it next registers, within { $within }. Nothing is deleted, and you can enable { $name } again.
       *[other] For someone who has left. Signs out every browser, and { $phones } phones are refused when they next register, within { $within }. Nothing is deleted, and you can enable { $name } again.
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
person-phones-refused = They are refused when they next register, within { $within }.
person-mailed = A mail to { $address } says that it was done, without the password.
person-not-mailed = No mail is sent: there is no confirmed address on file.
person-enable = Enable
person-enable-button = Enable { $name }
person-is-enabled = { $name } can sign in again.
your-password = Your own password
your-password-why = You signed in a while ago. Confirm it's you, { $name }.
your-password-missing = Enter your own password: you signed in a while ago.
your-password-wrong = That is not your own password. Nothing was changed.

refused-yourself = That is you. Your own password is under Account, Account Settings.
refused-equal = { $name } is an administrator like you. Administrators don't act on each other: your provider can help.
refused-higher = { $name } belongs to your provider's staff.
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

## Accounts

accounts-title = Accounts
accounts-what = The accounts of { $brand }. They are set up on the server, with linekey account, linekey user and linekey phone.
accounts-search-label = Search accounts
accounts-search-hint = Name or domain
accounts-none-found = No name or domain holds that.
accounts-none = No account yet
accounts-none-next = Add one with: linekey account add
accounts-name = Account
accounts-people = People
accounts-administrators = Administrators
accounts-phones = Phones
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
