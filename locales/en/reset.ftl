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
error-reset-link-gone-what = It was used already, it is older than 60 minutes, or the password was changed since. Nothing was changed now.
error-reset-link-gone-next = Ask for a new link: it takes a minute.
error-link-reset = Ask for a new link
