extension-not-yours = Only an administrator can choose an extension.

## What a phone did

past-title = The last days
strip-said =
    { $hours ->
        [one] Registered 1 of the last { $all } hours
       *[other] Registered { $hours } of the last { $all } hours
    }
attempt-times = { $times } times
attempt-registered = Connected
attempt-wrong-password = Wrong SIP password
attempt-wrong-password-advice = Enter the SIP password on the phone again. If it is lost, make a new one.
attempt-old-password = Old SIP password
attempt-old-password-advice = Enter the newest SIP password on the phone.
attempt-wrong-domain = Wrong domain
attempt-wrong-domain-advice = Enter the domain on the phone as it stands under Settings for the phone.
attempt-expired-nonce = Answers to questions that are over
attempt-expired-nonce-advice = The phone repeats an answer that was good for a few minutes. Restart it, or look for an update of its software.
attempt-unknown-algorithm = Another digest algorithm than asked for
attempt-unknown-algorithm-advice = Look in the phone for its authentication settings, or for an update of its software.
attempt-wrong-address = Wanted another phone's address
attempt-wrong-address-advice = User name and authentication name on the phone are both the user name under Settings for the phone.
attempt-not-registered = Made a call without being registered
attempt-not-registered-advice = Some phones call before they register. If that wasn't you, make a new SIP password.
attempt-not-allowed = Not allowed to connect
attempt-not-allowed-advice = It is blocked, or its user is disabled.
phone-sign-new-network-title = Connected from a new network
phone-sign-new-network-what = On { $when } it connected from { $place }, where it never was before. If that wasn't you, somebody else knows its SIP password.
phone-sign-not-registered-title = Used without being registered
phone-sign-not-registered-what = On { $when } somebody at { $place } made a call with its SIP password while the phone was not registered. If that wasn't you, somebody else knows its SIP password.
phone-sign-rotate = Make a new SIP password now

## Mail about a phone

notices-title = Mail about this phone
notices-what = When it is offline for ten minutes, or connects again and again. One mail an hour at most.
notices-no-address = For that your e-mail address has to be confirmed, under Account Settings.
notices-on = Mail me
notices-save = Save
notices-are-on = You get mail about { $label } from now on.
notices-are-off = You get no mail about { $label } any more.
