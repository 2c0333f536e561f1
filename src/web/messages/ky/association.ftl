association-title = Талапкер көрсөтүү
association-lead = Бирикме бир талапкер көрсөтөт жана үч документти тапшырат.
