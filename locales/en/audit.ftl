# What the record of events says: one sentence for each kind of event and each way it can end, audit-KIND-OUTCOME.
# $actor is who did it, $subject whom it was done to. What people do to themselves needs neither: the list names them.
# $own is yes then, for what others may do as well.

audit-nobody = somebody
audit-console = The provider
audit-unknown = Something this version has no words for: { $kind }

audit-sign-in-done = Signed in
audit-sign-in-refused = Sign-in refused
audit-sign-in-delayed = Sign-in refused; further tries have to wait
audit-sign-out-done = Signed out
audit-confirm-done = Entered their password again
audit-confirm-refused = Wrong password at “Confirm it's you”
audit-sessions-ended-done =
    { $sessions ->
        [one] Signed out 1 other browser
       *[other] Signed out { $sessions } other browsers
    }
audit-browser-forgotten-done = Told the portal to forget a browser
audit-password-change-done =
    { $sessions ->
        [0] Changed their portal password
        [one] Changed their portal password and signed out 1 other browser
       *[other] Changed their portal password and signed out { $sessions } other browsers
    }
audit-password-set-done = { $actor } set a password for { $subject }
audit-password-set-refused = { $actor } was not allowed to set that password for { $subject }
audit-reset-request-done = Somebody asked for a reset link for { $subject }
audit-reset-request-refused = Somebody asked for a reset link for an address that nobody here has
audit-reset-request-delayed = Somebody asked for more reset links for { $subject } than one gets within an hour
audit-reset-link-sent-done = { $actor } sent { $subject } a reset link
audit-reset-link-sent-refused = { $actor } was not allowed to send { $subject } a reset link
audit-password-reset-done =
    { $sessions ->
        [0] Chose a new portal password with a reset link
        [one] Chose a new portal password with a reset link, which signed out 1 browser
       *[other] Chose a new portal password with a reset link, which signed out { $sessions } browsers
    }
audit-password-reset-refused = Opened a reset link, but did not know the e-mail address on file
audit-signed-out-done =
    { $sessions ->
        [one] { $actor } signed { $subject } out of 1 browser
       *[other] { $actor } signed { $subject } out of { $sessions } browsers
    }
audit-signed-out-refused = { $actor } was not allowed to sign { $subject } out
audit-user-disable-done = { $actor } disabled { $subject }
audit-user-disable-refused = { $actor } was not allowed to disable { $subject }
audit-user-enable-done = { $actor } enabled { $subject }
audit-user-enable-refused = { $actor } was not allowed to enable { $subject }
audit-forbidden-refused = Was refused a page that is not for them
audit-profile-change-done = Changed their profile
audit-email-ask-done = Asked for a mail that confirms an e-mail address
audit-email-cancel-done = Took back a change of their e-mail address
audit-email-change-done = Confirmed an e-mail address with the mailed link
audit-email-change-refused = Wrong sign-in name at “Confirm your address”
audit-email-remove-done = Removed their e-mail address
audit-not-me-done =
    { $sessions ->
        [0] “This wasn't me”: what the mail reported was undone
        [one] “This wasn't me”: 1 browser was signed out, and what the mail reported was undone
       *[other] “This wasn't me”: { $sessions } browsers were signed out, and what the mail reported was undone
    }
audit-not-me-refused = Wrong sign-in name at “This wasn't me”
audit-portal-set-up-done = { $actor } set the portal up, with { $subject } as its first operator
audit-account-add-done = { $actor } added the account
audit-account-sip-algorithm-done = { $actor } had the account's phones prove their SIP passwords with { $algorithm }
audit-account-max-phones-done =
    { $most ->
        [0] { $actor } had the account have no more phones
        [one] { $actor } had the account have at most 1 phone
       *[other] { $actor } had the account have at most { $most } phones
    }
audit-user-add-done = { $actor } added { $subject }
audit-invitation-done = { $actor } invited { $subject } again
audit-invitation-refused = { $actor } was not allowed to invite { $subject }
audit-setup-slip-done = { $actor } made a set-up slip for { $subject }
audit-setup-slip-refused = { $actor } was not allowed to make a set-up slip for { $subject }
audit-password-set-up-done = Chose a password with an invitation or a set-up slip
audit-password-set-up-refused = Wrong code of a set-up slip
audit-user-remove-done = { $actor } removed { $subject }
audit-user-remove-refused = { $actor } was not allowed to remove { $subject }
audit-key-add-done = { $actor } added a key to the key file
audit-key-use-done = { $actor } made another key of the key file seal
audit-key-retire-done = { $actor } retired a key of the key file
audit-backup-done = { $actor } made a backup
audit-restore-done = { $actor } restored a backup, which ended all sessions and links
audit-mail-retry-done = { $actor } had a mail to { $subject } sent again
audit-phone-add-done =
    { $own ->
        [yes] Added a phone
       *[no] { $actor } added a phone for { $subject }
    }
audit-phone-rotate-done =
    { $own ->
        [yes] Made a new SIP password for a phone
       *[no] { $actor } made a new SIP password for a phone of { $subject }
    }
audit-phone-set-up-done =
    { $own ->
        [yes] Made a set-up link for a phone, with a new SIP password
       *[no] { $actor } made a set-up link for a phone of { $subject }, with a new SIP password
    }
audit-phone-set-up-fetched-done = The set-up link of a phone of { $subject } was opened for the first time
audit-phone-disconnect-done =
    { $own ->
        [yes] { $blocked ->
            [yes] Blocked a phone
           *[no] Disconnected a phone
        }
       *[no] { $blocked ->
            [yes] { $actor } blocked a phone of { $subject }
           *[no] { $actor } disconnected a phone of { $subject }
        }
    }
audit-phone-allow-done =
    { $own ->
        [yes] Let a blocked phone connect again
       *[no] { $actor } let a blocked phone of { $subject } connect again
    }
audit-phone-notices-done =
    { $own ->
        [yes] Changed whether there is mail about a phone
       *[no] { $actor } changed whether { $subject } gets mail about a phone
    }
audit-phone-remove-done =
    { $own ->
        [yes] Removed a phone
       *[no] { $actor } removed a phone of { $subject }
    }
audit-phone-act-refused = { $actor } was not allowed to change a phone of { $subject }
audit-phone-wrong-address-refused = A phone tried to register an address that is not its own
audit-phone-new-network-done = A phone of { $subject } connected from a network that it was never in before
audit-phone-not-registered-done = The SIP password of a phone of { $subject } was used for a call while the phone was not registered
audit-phone-refused-refused = A phone of { $subject } sent wrong SIP passwords
audit-phone-refused-delayed = A phone of { $subject } sent so many wrong SIP passwords that it gets no answer for now
audit-export-done = { $actor } exported the account's phones for another SIP server, with what proves their SIP passwords
audit-suggestion-answer-done = { $actor } answered a suggestion about an article
audit-suggestion-done-done = { $actor } was done with a suggestion about an article
audit-suggestion-reopen-done = { $actor } opened a suggestion about an article again
audit-feedback-export-done = { $actor } exported votes or suggestions about articles
audit-sip-server-refused-refused = Somebody asked for phones as a SIP server, with a wrong password
audit-sip-server-refused-delayed = Somebody asked for phones as a SIP server with so many wrong passwords that they have to wait
