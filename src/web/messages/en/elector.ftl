elector-title = Vote
elector-lead = Fill in a ballot with your voting card.
