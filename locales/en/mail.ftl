mail-greeting = Hello { $name },
mail-when = When: { $when }
mail-browser = Browser: { $browser }
mail-address = From the address: { $address }
mail-sign-off = { $brand }

mail-password-changed-subject = { $brand }: your portal password was changed
mail-password-changed-what = The portal password of { $name } was changed.
mail-password-changed-phones = Phones have SIP passwords of their own. This change does not touch them.
mail-password-changed-not-you = If this wasn't you, tell your administrator or your provider now.
