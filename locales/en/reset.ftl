# A lost password: asked for by e-mail, and replaced with a reset link or a reset code.

reset-email = E-mail address

## Choose a new password

reset-new-title = Choose a new password
reset-new-whose = For { $name }, who signs in as { $sign-in-name }.
reset-new-email-hint = The one on file here, where the mail with the link came to. It confirms that the link is yours.
reset-new-effect = Every browser that is signed in as you is signed out. Then you sign in with the new password.
reset-email-missing = Enter the e-mail address on file for you.
reset-email-wrong = That is not the address on file. After 5 wrong ones this link stops working.
sign-in-reset-done = Your new password is saved, and every browser was signed out. Sign in with it now. Your phones stay as they are.

error-reset-link-gone-title = This link no longer works
error-reset-link-gone-what = It was used already, it is older than 60 minutes, the password was changed since, or it was not copied whole. Nothing was changed now.
error-reset-link-gone-next = Ask for a new link: it takes a minute.
error-link-reset = Ask for a new link

## Ask for a link

reset-title = Reset password
reset-what = You get a mail with a link to choose a new portal password. Until you use it, nothing changes.
reset-email-hint = The one on file for you here.
reset-button = Send me a link
reset-email-shape = Enter one e-mail address, such as ann@acme.example.
reset-no-email = No e-mail address here? Your administrator can set a password for you.
reset-to-sign-in = Back to sign in
sign-in-reset = Reset password

## Check your inbox

reset-sent-title = Check your inbox
reset-sent-what = If the address you entered is on file here, a mail with a link is on its way to it.
reset-sent-within = The link works for 60 minutes, and the code in the mail for 10 minutes, in this browser.
reset-code-title = Or type the code
reset-code = Code from the mail
reset-code-hint = Eight letters and digits, such as 7KQM-3XTA.
reset-code-button = Use the code
reset-code-missing = Enter the code from the mail.
reset-code-email-missing = Enter the address that the mail came to.
reset-code-wrong = That code doesn't fit that address, or its 10 minutes are over. Use the link in the mail instead, or have another mail sent.
reset-nothing-title = No mail yet?
reset-nothing-spam = Look into the spam folder too.
reset-nothing-address = It goes only to the address on file here. Is it the one you entered?
reset-nothing-wait =
    { $count ->
        [one] Give it a few minutes. One address gets 1 such mail an hour; links you have keep working.
       *[other] Give it a few minutes. One address gets { $count } such mails an hour; links you have keep working.
    }
reset-nothing-ask = Nothing helps? Your administrator can set a password for you.
reset-again = Send another mail

## Sent by an administrator

reset-send-make = Send reset link
reset-send-what = { $address } gets a mail with a link to choose a new password, good for 60 minutes. Until { $name } uses it, nothing changes.
reset-send-button = Send it now
reset-send-none = No reset link can be sent: there is no confirmed address on file.
reset-send-done = A reset link is on its way to { $name }.
reset-send-wait = { $name } got as many reset links as one address gets within an hour, and the newest still work. Try again in { $wait }.
