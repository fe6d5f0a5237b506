# Choosing a password with an invitation or a set-up slip, without being signed in.

set-up-title = Choose your password
set-up-whose = For { $name }, who signs in as { $sign-in-name }.
set-up-next = Then you sign in with it.
set-up-replaces = It replaces the password you have now, and every browser that is signed in as you is signed out. Your phones stay as they are.
set-up-button = Save password
sign-in-set-up-done = Your password is saved. Sign in with it now.
sign-in-slip = Have a set-up slip?
sign-in-slip-code = Enter its code

## The code of a slip

set-up-code-title = Use your set-up slip
set-up-code-what = Type what is printed on it. The next page asks for your new password.
set-up-code-hint = 20 letters and digits; capitals and dashes don't matter.
set-up-code-button = Continue
set-up-code-refused = That name and code don't match, or the slip is used or over. After 5 wrong codes a slip's code stops working.
set-up-code-lost = No slip, or an old one? Ask your administrator for a new one.
set-up-code-back = Back to sign in

error-set-up-gone-title = This link no longer works
error-set-up-gone-what = It was used already, it is older than 72 hours, a newer invitation or slip replaced it, or it was not copied whole. Nothing was changed now.
error-set-up-gone-next = If you have chosen a password, sign in with it. Otherwise ask your administrator for a new invitation or slip.
