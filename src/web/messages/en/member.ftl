member-title = Counting commission’s desk
member-lead = What to read and what to sign.
