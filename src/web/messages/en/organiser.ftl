organiser-title = Organiser’s desk
organiser-lead = Screening of nominations, the list, announcements.
