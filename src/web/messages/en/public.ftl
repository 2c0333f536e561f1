home-title = Competitions
home-lead = The civil-society seats of the Commission: everything from the announcement to the certified result is here, and anyone can verify it.
home-going = Competitions that go on
home-none = No competition goes on now.
home-over = Competitions that are over
card-published = Published on { $date }.
how-title = How it works

style-title = Styleguide
style-lead = Every piece that pages are made of. Only in a rehearsal.
style-words = Text
style-tags = Tags
style-panels = Panels
style-lists = Lists and table
style-table = Table
style-forms = Forms
