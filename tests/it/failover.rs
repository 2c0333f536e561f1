//! The database falls and a standby takes its place, under load, with two instances of the office at work.

use crate::cluster::{Cluster, Database};
use crate::instances::{another, instance, let_through};
use crate::kill::{
    Ended, LOADERS, Load, Play, all_known, ballots, mixed, objections, proved_with_exactly, rules, to_the_end,
};
use crate::process::{Room, Served, stage_on};
use esep::crypto::Envelope;
use esep::demo::Scene;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Two instances on one database, polling open, and what people will send.
struct Polling {
    room: Room,
    offices: [Served; 2],
    story: Play,
    ballots: Vec<Envelope>,
    load: Load,
    total: usize,
}

impl Polling {
    fn set(database: &Database) -> Self {
        let (room, first, mut story) = stage_on(rules(), 4, "warn", &format!("--database {}", database.url));
        story.play_until(Scene::Polling).unwrap();
        another(&room, "second");
        let second = instance(&room, "second");
        let ballots = ballots(&mut story);
        let all = mixed(&ballots, objections(&mut story));
        let total = all.len();
        let load = Load::new(all, &[&first.url, &second.url], Duration::from_secs(2));
        Self {
            room,
            offices: [first, second],
            story,
            ballots,
            load,
            total,
        }
    }

    /// Runs this while people send; in the end everything is sent until it is answered.
    fn under_load(&self, run: impl FnOnce()) {
        let load = &self.load;
        std::thread::scope(|scope| {
            let _ended = Ended(load);
            for _ in 0..LOADERS {
                scope.spawn(|| load.run());
            }
            run();
            load.let_all_through(self.total);
        });
        assert_eq!(*load.wrong.lock().unwrap(), Vec::<String>::new());
    }

    /// Every answer stands, and the story is played to its proof.
    fn proved(mut self) {
        let receipts = self.load.receipts.into_inner().unwrap();
        assert_eq!(receipts.len(), self.total, "every statement is answered in the end");
        for office in &self.offices {
            all_known(&office.url, &receipts);
        }
        self.story.desk.moved(&self.offices[1].url);
        to_the_end(&mut self.story, &self.ballots);
        for (office, name) in self.offices.into_iter().zip(["data", "second"]) {
            office.stop();
            self.room.esep(&format!("doctor --data {name} --rehearsal-clock clock"));
        }
        let log = self.story.plan.log.clone();
        proved_with_exactly(&self.room, &self.story, &self.ballots, &receipts, &log);
    }
}

fn is_ready(office: &Served) -> bool {
    let agent = ureq::Agent::from(ureq::Agent::config_builder().http_status_as_error(false).build());
    let answer = agent.get(format!("{}/readyz", office.url)).call().unwrap();
    answer.status() == 200
}

/// In a cluster of its own, since its server falls.
fn own_database(folder: &tempfile::TempDir) -> Option<Database> {
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    Cluster::in_folder(folder.path()).map(Cluster::database)
}

#[test]
fn nothing_answered_is_lost_when_a_standby_that_was_waited_for_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let Some(database) = own_database(&folder) else { return };
    let polling = Polling::set(&database);
    let standby = database.cluster.standby(true);
    polling.under_load(|| {
        let_through(&polling.load, polling.total / 3);
        polling.load.allowed.fetch_add(polling.total / 3, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        standby.take_over();
    });
    polling.proved();
}

#[test]
fn an_office_takes_nothing_on_a_standby_that_was_behind_and_goes_on_when_the_first_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let Some(database) = own_database(&folder) else { return };
    let polling = Polling::set(&database);
    let standby = database.cluster.standby(false);
    polling.under_load(|| {
        let_through(&polling.load, polling.total / 3);
        standby.stop();
        let_through(&polling.load, polling.total / 3);
        standby.take_over();
        // Both have answered ballots that are not in its box.
        let answered = polling.load.answered();
        polling.load.allowed.fetch_add(polling.total, Ordering::SeqCst);
        let patience = Instant::now();
        while polling.offices.iter().any(is_ready) {
            assert!(patience.elapsed() < Duration::from_secs(20), "an office is ready");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(polling.load.answered(), answered);
        standby.step_back();
    });
    polling.proved();
}
