# The rules for new passwords: the checklist, the sentences at the field, and the advice beside the strength meter.

## Checklist. $least, $most, $mixed and $any are numbers of characters.

password-rule-length = At least { $least } characters
password-rule-lowercase = At least { $least ->
    [one] 1 lowercase letter
   *[other] { $least } lowercase letters
}
password-rule-uppercase = At least { $least ->
    [one] 1 uppercase letter
   *[other] { $least } uppercase letters
}
password-rule-mix-or-length = At least { $mixed } characters with a lowercase and an uppercase letter, or at least { $any } of any kind
password-rule-common = Not a common password
password-rule-name = Does not contain your sign-in name, your company's name or ours
password-rule-characters = At most { $most } characters, no tabs or line breaks

## Refusals, shown at the field.

password-refused-length = Use at least { $least } characters.
password-refused-lowercase = Use at least { $least ->
    [one] 1 lowercase letter
   *[other] { $least } lowercase letters
}.
password-refused-uppercase = Use at least { $least ->
    [one] 1 uppercase letter
   *[other] { $least } uppercase letters
}.
password-refused-mix-or-length = Use at least { $mixed } characters with a lowercase and an uppercase letter, or at least { $any } of any kind.
password-refused-common = This password is on lists that attackers try first. Choose another one.
password-refused-name = Leave out your sign-in name, your e-mail name, and the names of your company and ours.
password-refused-characters = Leave out tabs, line breaks and other control characters.
password-refused-empty = Enter a new password.
password-refused-too-long = Use at most { $most } characters.
password-refused-different = The two passwords don't match. Enter the same one twice.
password-refused-same-as-old = This is the password you have now. Choose another one.
password-refused-sip-password = This is the SIP password of one of your phones. Choose another one.
# The same for whoever types a password for another person.
password-refused-name-theirs = Leave out their sign-in name, their e-mail name, and the names of their company and of the provider.
password-refused-same-as-old-theirs = This is the password they have now. Choose another one.
password-refused-sip-password-theirs = This is the SIP password of one of their phones. Choose another one.

## Advice, one sentence.

password-advice-rules = Hard to guess, but one of the rules is not met yet.
password-advice-very-good = Very hard to guess.
password-advice-good = Hard to guess.
password-advice-more-words = Add another word or two; uncommon words are best.
password-advice-keyboard = Keys that lie side by side are easy to guess.
password-advice-repeats = Repeated characters and words are easy to guess.
password-advice-common = Attackers try this early; add a few more words.
password-advice-like-common = This is much like a common password.
password-advice-sequence = Sequences like abc or 6543 are easy to guess.
password-advice-dates = Dates and years are easy to guess.
password-advice-one-word = A single word is easy to guess; add a few more.
password-advice-names = Names are easy to guess; add a few uncommon words.
password-advice-capitals = Capital letters help little; add another word or two.
password-advice-reversed = A word spelled backwards is hardly harder to guess.
password-advice-substitutions = Swaps like “@” for “a” help little; add another word or two.
