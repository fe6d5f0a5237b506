# The help centre, around its articles. The articles are in help/.

menu-help = Help
how-this-works = How this works: { $article }
page-description = Your account and your phones at { $brand }.

help-title = Help
help-welcome = How can we help?
help-description = Answers about your password, your account and your phones.
help-empty = There are no articles yet.
help-articles = Articles
help-crumbs = You are here
help-contents = On this page
help-related = Read next
help-link-here = Link to this answer
help-open-page = Open this page
help-for-administrators = For administrators
help-for-engineers = For engineers
help-still = Still not solved? Ask
help-rules-more = Your administrator may ask for more.
help-days = { $count } days

## Whom to ask

help-support-nobody = your administrator
help-support-both = { $email } or { $phone }

## Search

help-search-label = Search the help
help-search-placeholder = Such as: reset link
help-search-button = Search
help-found-title = Search: { $question }
help-found-nothing = Nothing about “{ $question }”
help-found-near = Try other words, or read one of these.
help-found-count =
    { $count ->
        [one] 1 article
       *[other] { $count } articles
    }

## Share

help-share = Share
help-share-address = The address of this page
help-share-copy = Copy link
help-share-mail = Send by e-mail
help-share-with = Share with an app

## An address that leads nowhere

help-nowhere-title = This article is not here
help-nowhere-what = It may have another address now, or the one you followed has a typing error.
help-nowhere-near = You may be looking for
