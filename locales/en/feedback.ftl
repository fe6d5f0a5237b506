# What readers say about the articles of the help centre, and what operators see of that.

feedback-question = Was this article helpful?
feedback-yes = Yes
feedback-no = No
feedback-thanks-helpful = Thank you. It's good to know that this helped.
feedback-thanks-unhelpful = Thank you. If you tell us below what is missing, we can make it better.
feedback-thanks-suggested = Thank you. Your suggestion has reached us.
feedback-failed = That could not be sent. Try again in a moment.
feedback-votes-wait = Many votes about this article came from your network today. Try again in { $wait }.
feedback-suggestions-wait = Many suggestions came in today. Try again in { $wait }.

feedback-suggest = Spotted something to improve?
feedback-to-article = Back to the article
feedback-text = What could be better?
feedback-text-what = Up to { $longest } characters. Leave out passwords and codes.
feedback-text-empty = Write what could be better.
feedback-text-too-long = { $over ->
        [one] That is one character too many.
       *[other] That is { $over } characters too many.
    }
feedback-email = Your e-mail, if you would like an answer (optional)
feedback-email-what = Used for the answer and for nothing else.
feedback-email-form = Enter an address such as ann@acme.example, or none.
feedback-leave-empty = Leave this field empty
feedback-website = A field that people do not see was filled in, perhaps by your browser. It is empty again now: send once more.
feedback-early = That was very quick. Wait a moment, then send once more.
feedback-over = This page was open for very long. Send once more.
feedback-send = Send suggestion

## What operators see

menu-feedback = Feedback
feedback-title = Feedback
feedback-what = What readers say about the articles of the help centre.
feedback-votes = Was it helpful?
feedback-votes-none = Nobody has voted yet.
feedback-lately = Last 12 weeks: { $helpful } of { $all } were helped ({ $percent }%)
feedback-ever = In all: { $helpful } of { $all } ({ $percent }%)
feedback-no-votes = Last 12 weeks: no votes
feedback-suggestions = Suggestions
feedback-suggestions-none = There is nothing here.
feedback-export = Download as CSV
feedback-open = Open
feedback-done = Done
feedback-all = All
feedback-is-done = done
feedback-mark-done = Mark as done
feedback-reopen = Open again
feedback-marked-done = The suggestion is done.
feedback-marked-open = The suggestion is open again.
feedback-marked-nothing = There was nothing to change: somebody else was faster.
feedback-answer = Answer
feedback-answer-text = Your answer
feedback-answer-what = It is mailed with your name. Only one answer can be sent.
feedback-answer-send = Send answer
feedback-answered = Answered: { $when }
feedback-answer-sent = The answer is on its way.
feedback-answer-empty = Nothing was sent: the answer was empty.
feedback-answer-too-long = Nothing was sent: the answer was too long.
feedback-answer-nothing = Nothing was sent: the suggestion was answered before, has no address, or is gone.
