# What operators see of mail. Never what a mail says.

outbox-title = Mail
outbox-what = What became of the portal's mail in the last seven days, newest first. What a mail says is not kept.
outbox-all = All
outbox-choose-waiting = { $count ->
        [0] Waiting
       *[other] Waiting ({ $count })
    }
outbox-choose-given-up = { $count ->
        [0] Given up
       *[other] Given up ({ $count })
    }
outbox-choose-delivered = Delivered
outbox-preview = Preview
outbox-preview-what = How every mail reads, with made-up people. The links in them lead nowhere.
outbox-none = No mail here
outbox-none-yet = The portal writes when a password changes, or somebody asks for a reset link.
outbox-none-such = Choose All to see every mail.
outbox-mail = Mail
outbox-to = To
outbox-state = State
outbox-act = What you can do
outbox-waiting = waiting
outbox-leaving = being sent
outbox-delivered = delivered
outbox-given-up = given up
outbox-tries = { $tries ->
        [one] Tried once
       *[other] Tried { $tries } times
    }
outbox-tries-next = { $tries ->
        [one] Tried once, next: { $next }
       *[other] Tried { $tries } times, next: { $next }
    }
outbox-never-tried = Written by a version that sent no mail
outbox-retry = Send again
outbox-retry-label = Send again to { $to }
outbox-retried = The mail is tried again within a second.
outbox-not-retried = There is nothing to send again: that mail was delivered meanwhile, is being sent, or is gone.

mail-kind-password-changed = Password changed
mail-kind-password-set = Password set by somebody else
mail-kind-new-browser = Signed in with another browser
mail-kind-email-confirm = Confirm an e-mail address
mail-kind-email-change = E-mail address changed
mail-kind-email-confirmed = E-mail address confirmed
mail-kind-email-withdrawn = E-mail address withdrawn
mail-kind-reset = Reset link
mail-kind-invitation = Invitation
mail-kind-setup-slip = Set-up slip printed
mail-kind-signed-out = Signed out by somebody else
mail-kind-disabled = Access disabled
mail-kind-enabled = Access enabled
mail-kind-overlap-ends = Old SIP password ends
mail-kind-phone-offline = Phone offline
mail-kind-phone-flapping = Phone connects again and again
mail-kind-suggestion-answer = Answer to a suggestion
mail-kind-trial = Test mail

# In what samples of one kind differ.
mail-sample-password-changed = In Account Settings
mail-sample-password-changed-by-link = With a reset link
mail-sample-reset = Asked for by whoever signs in
mail-sample-reset-several = Several people with one address
mail-sample-reset-by-somebody-else = Sent by an administrator
mail-sample-reset-not-me = After “This wasn't me”
mail-sample-email-change = To another one
mail-sample-email-change-to-none = Removed
mail-sample-password-set = To be changed at the next sign-in
mail-sample-password-set-for-good = Stays until it is changed
mail-sample-enabled = The password works again
mail-sample-enabled-without-password = There is no password yet
