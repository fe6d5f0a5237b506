mail-greeting = Hello { $name },
mail-when = When: { $when }
mail-browser = Browser: { $browser }
mail-address = From the address: { $address }
mail-sign-off = { $brand }

mail-password-changed-subject = { $brand }: your portal password was changed
mail-password-changed-what = The portal password of { $name } was changed.
mail-password-changed-phones = Your phones have SIP passwords of their own. They stay connected.
mail-password-changed-not-you = If this wasn't you, tell your administrator now. They can sign out every browser and help you choose a new password.
