observer-title = Observer’s page
observer-lead = Checkpoints, attendance, reconciliation.
