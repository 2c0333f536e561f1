//! `esep tally` on files as people write them, through the real binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

use esep::ruleset::RuleSet;
use esep::tally::{Fault, FileTally, Format, Outcome, ReadError, tally_file};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn esep(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esep"));
    command
        .arg("tally")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn json_of(args: &[&str], input: &str) -> Value {
    let output = esep(&[args, &["--json"]].concat(), input.as_bytes());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn read(format: Format, ignore: &[&str], input: &[u8]) -> Result<FileTally, ReadError> {
    let ignore: Vec<_> = ignore.iter().map(ToString::to_string).collect();
    tally_file(input, format, &RuleSet::commission_2014(), &ignore)
}

fn broken(format: Format, ignore: &[&str], input: &[u8]) -> (u64, Option<usize>, Fault) {
    match read(format, ignore, input) {
        Err(ReadError::Broken { line, column, fault }) => (line, column, fault),
        other => panic!("{other:?} for {:?}", String::from_utf8_lossy(input)),
    }
}

#[test]
fn csv_of_display_names_becomes_one_json_object() {
    let csv = "\u{feff}id,Азамат,\"Чолпон, Ж.\",Үмүт\r\n1,10,,3\r\n\"two\nlines, quoted \"\"x\"\"\",4,5,6\r\n3,11,2,2\r\n4,,,\r\n";
    let found = json_of(&["-", "--ignore", "id", "--seats", "1"], csv);
    let expected = json!({
        "schema": "esep.tally.v1",
        "result": {
            "totals": [
                { "candidate": "Азамат", "total": 14, "rated": 2, "rank": 1 },
                { "candidate": "Чолпон, Ж.", "total": 5, "rated": 1, "rank": 3 },
                { "candidate": "Үмүт", "total": 9, "rated": 2, "rank": 2 },
            ],
            "elected": ["Азамат"], "tied": [], "seats_left": 0, "unfilled": 0, "reserve": ["Үмүт", "Чолпон, Ж."],
            "valid": 2,
            "invalid": [
                { "row": 3, "reason": "R15: rating 11 of Азамат is outside the scale" },
                { "row": 4, "reason": "R15: 0 rated, at least 1 needed" },
            ],
        },
    });
    assert_eq!(found, expected);
}

#[test]
fn json_lines_agree_with_csv() {
    let lines = "{\"b\":5,\"a\":10}\n\n{\"ratings\":{\"a\":4,\"c\":null},\"id\":\"x\"}\r\n{\"c\":7,\"id\":1}\n{\"c\":123456789}";
    let mut lines_found = json_of(&["-", "--format", "jsonl", "--ignore", "id", "--seats", "2"], lines);
    let mut csv_found = json_of(&["-", "--seats", "2"], "a,b,c\n10,5,\n4,,\n,,7\n,,123456789\n");
    for found in [&mut lines_found, &mut csv_found] {
        assert_eq!(
            found["result"]["invalid"][0]["reason"],
            "R15: rating 123456789 of c is outside the scale"
        );
    }
    assert_eq!(lines_found, csv_found);
    assert_eq!(lines_found["result"]["elected"], json!(["a", "c"]));
}

#[test]
fn a_tie_is_no_error_and_the_mean_shows_its_divisor() {
    let args = [
        "-",
        "--seats",
        "1",
        "--aggregate",
        "mean",
        "--quorum",
        "2",
        "--blank",
        "skip",
        "--scale",
        "-1..1",
    ];
    let found = json_of(&args, "a,b,c\n1,1,1\n-1,-1,\n,0,\n")["result"].clone();
    assert_eq!((&found["tied"], &found["seats_left"]), (&json!(["a", "b"]), &json!(1)));
    assert_eq!(
        found["totals"][1],
        json!({ "candidate": "b", "total": 0, "rated": 3, "divisor": 3, "rank": 1 })
    );
    assert_eq!(
        found["totals"][2],
        json!({ "candidate": "c", "total": 1, "rated": 1, "divisor": 1 }),
        "below the quorum"
    );
}

#[test]
fn the_table_is_for_people() {
    let output = esep(
        &["-", "--seats", "1", "--max-rated", "1"],
        "a\u{7},b\n3,\n,3\n1,1\n".as_bytes(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("tied at the last seat") && text.contains("2 for 1 seats"),
        "{text}"
    );
    assert!(
        text.contains("2 valid, 1 invalid") && text.contains("row 3: R15: 2 rated, at most 1"),
        "{text}"
    );
    assert!(!text.contains('\u{7}'), "a name must not ring the bell");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn exit_codes_tell_wrong_usage_from_a_broken_file() {
    for args in [
        &["-", "--scale", "5..1"][..],
        &["-", "--scale", "x"],
        &["-", "--scale", "1..5", "--blank", "zero"],
        &["-", "--quorum", "3"],
        &["-", "--min-rated", "4", "--max-rated", "2"],
        &["-", "--ignore", "nobody"],
        &["-", "--format", "xlsx"],
        &["-", "--seats", "0"],
        &[],
    ] {
        assert_eq!(esep(args, b"a,b\n1,2\n").status.code(), Some(2), "{args:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.csv");
    for (file, input) in [
        (missing.to_str().unwrap(), ""),
        (folder.path().to_str().unwrap(), ""),
        ("-", "a,b\n1\n"),
    ] {
        let output = esep(&[file], input.as_bytes());
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{file}");
        assert!(!output.stderr.is_empty());
    }
    let file = folder.path().join("ballots.ndjson");
    std::fs::write(&file, "{\"a\":1}\n").unwrap();
    assert_eq!(
        esep(&[file.to_str().unwrap()], b"").status.code(),
        Some(0),
        "known by its name"
    );
}

#[test]
fn a_broken_csv_names_line_and_column() {
    let not_integer = |name: &str, found: &str| Fault::NotInteger {
        name: name.into(),
        found: found.into(),
    };
    let ragged = |found| Fault::Ragged { found, expected: 2 };
    for (input, line, column, fault) in [
        (&b"a,b\n1,2\n3,x\n"[..], 3, Some(2), not_integer("b", "x")),
        (b"a,b\n1.5,2\n", 2, Some(1), not_integer("a", "1.5")),
        (b"a,b\n1,-\n", 2, Some(2), not_integer("b", "-")),
        (b"a,b\n1,2:\n", 2, Some(2), not_integer("b", "2:")),
        (b"a,b,c\n1,2,3\n1,2,x\n", 3, Some(3), not_integer("c", "x")),
        (b"a,b\r\n1,2\r\n\r\n3,x\r\n", 4, Some(2), not_integer("b", "x")),
        (b"a,b\n1,2\r3\n", 2, Some(2), not_integer("b", "2\r3")),
        (b"a,b\n\"1\n2\",2\n", 2, Some(1), not_integer("a", "1\n2")),
        (b"a,b\n\n1,2\n\n7\n", 5, Some(1), ragged(1)),
        (b"a,b\n1,2,3,4\n", 2, Some(3), ragged(4)),
        (b"a,b\n1,2,\n", 2, Some(3), ragged(3)),
        (b"a,b\n1,2\n1,\xff\n", 3, Some(2), Fault::NotUtf8),
        (b"a,b\n1,2\n1,3\"\n", 3, Some(2), Fault::StrayQuote),
        (b"a,b\n\"1\"x,2\n", 2, Some(1), Fault::StrayQuote),
        (b"a,b\n1,\"2\n3,4\n", 2, Some(2), Fault::OpenQuote),
        (b"a,a\n1,2\n", 1, Some(2), Fault::Duplicate { name: "a".into() }),
        (b"a,,b\n", 1, Some(2), Fault::NoName),
        (b"a,b,\n", 1, Some(3), Fault::NoName),
        (b"a,\xff\n", 1, Some(2), Fault::NotUtf8),
        (b"", 1, Some(1), Fault::Empty),
        (b"\n1\n", 1, Some(1), Fault::Empty),
    ] {
        let shown = String::from_utf8_lossy(input);
        assert_eq!(broken(Format::Csv, &[], input), (line, column, fault), "{shown:?}");
    }
    // One name in two Unicode spellings.
    let twice = "й,и\u{306}\n1,2\n";
    assert!(matches!(
        broken(Format::Csv, &[], twice.as_bytes()),
        (1, Some(2), Fault::Duplicate { .. })
    ));
    assert_eq!(
        broken(Format::Csv, &["b"], b"a,b\n1,\xff\n"),
        (2, Some(2), Fault::NotUtf8),
        "ignored is not unread"
    );
    assert_eq!(
        broken(Format::Csv, &["b"], b"a,b\n1,2\"\n"),
        (2, Some(2), Fault::StrayQuote)
    );
}

#[test]
fn broken_json_lines_name_line_and_key() {
    for (input, line, words) in [
        (&b"{\"a\":1}\n{\"a\":1.5}\n"[..], 2, "\"a\": \"1.5\" is no whole number"),
        (b"{\"a\":\"1\"}\n", 1, "\"a\": \"1\" is no whole number"),
        (b"\n{\"a\":1,\"a\":2}\n", 2, "\"a\" stands there twice"),
        (b"{\"a\":{\"b\":2}}\n", 1, "\"a\""),
        (b"{\"a\":1\n", 1, "not a JSON object"),
        (b"[1]\n", 1, "not a JSON object"),
        (b"{\"a\":1} 2\n", 1, "not a JSON object"),
        (b"{\"a\":1}\n{\"\":1}\n", 2, "without a name"),
        (b"{\"a\":1}\n{\"\xff\":1}\n", 2, "not UTF-8"),
        (b"\n\n", 1, "names no candidates"),
    ] {
        let error = read(Format::JsonLines, &[], input).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("line {line}")) && error.contains(words),
            "{error}"
        );
    }
}

#[test]
fn spreadsheets_of_the_region_write_semicolons() {
    let tally = read(Format::Csv, &[], "а;б\n1; 2 \n\"3\";\n".as_bytes()).unwrap();
    assert_eq!((tally.count.totals[0].total, tally.count.totals[1].total), (4, 2));
    let tally = read(Format::Csv, &[], b"a\tb\n1\t2").unwrap();
    assert_eq!((tally.count.valid, tally.count.totals[1].total), (1, 2));
}

/// Several blocks and many pieces, quoted line breaks among them; the row and line numbers must not suffer.
#[test]
fn great_files_are_cut_only_between_records() {
    let mut csv = String::from("note,a,b\n");
    let mut lines = String::new();
    let rows = 400_000u64;
    for row in 1..=rows {
        let note = if row % 7 == 0 {
            "\"two\nlines \"\"here\"\"\""
        } else {
            "a plain note"
        };
        let (a, b) = (row % 11, if row == 399_000 { 12 } else { row % 3 });
        writeln!(csv, "{note},{a},{b}").unwrap();
        writeln!(lines, "{{\"b\":{b},\"a\":{a}}}").unwrap();
    }
    assert!(csv.len() > 6 << 20);
    let expected_a: u64 = (1..=rows).filter(|row| *row != 399_000).map(|row| row % 11).sum();
    for (format, ignore, text) in [(Format::Csv, &["note"][..], &csv), (Format::JsonLines, &[], &lines)] {
        let tally = read(format, ignore, text.as_bytes()).unwrap();
        assert_eq!((tally.count.valid, tally.count.invalid), (rows - 1, 1));
        assert_eq!(tally.invalid[0].row, 399_000);
        assert_eq!(u64::try_from(tally.count.totals[0].total).unwrap(), expected_a);
        assert!(matches!(tally.outcome, Outcome::Complete { ref elected, .. } if elected.len() == 2));
    }
    csv += "x,1,y\n";
    let line = 1 + rows + rows / 7 + 1;
    assert!(matches!(broken(Format::Csv, &["note"], csv.as_bytes()), (found, Some(3), _) if found == line));
    lines += "{\"a\":true}\n";
    assert!(matches!(broken(Format::JsonLines, &[], lines.as_bytes()), (found, _, _) if found == rows + 1));
}

/// A reader that fails after some bytes.
#[test]
fn csv_with_quotes_and_line_breaks_of_every_kind_counts_the_same() {
    for csv in [
        "a,\"b \"\"c\"\"\"\n1,2\n3,4\n",
        "a,\"b \"\"c\"\"\"\r\n1,2\r\n3,4\r\n",
        "\"a\",\"b \"\"c\"\"\"\r\n\"1\",\"2\"\r\n\"3\",\"4\"\r\n",
        "\"a\",\"b \"\"c\"\"\"\n\"1\",\"2\"\n\"3\",\"4\"\n",
        "a,\"b \"\"c\"\"\"\n\n1,2\n\r\n3,\"4\"",
    ] {
        let tally = read(Format::Csv, &[], csv.as_bytes()).unwrap();
        let totals: Vec<_> = tally.count.totals.iter().map(|total| total.total).collect();
        assert_eq!((tally.count.valid, totals), (2, vec![4, 6]), "{csv:?}");
        assert_eq!(tally.names, ["a", "b \"c\""], "{csv:?}");
    }
    let json = "\u{feff}{\"a\":1}\n\n{\"a\":3}\n";
    assert_eq!(read(Format::JsonLines, &[], json.as_bytes()).unwrap().count.valid, 2);
    assert_eq!(broken(Format::JsonLines, &[], b"{\"a\":1}\n{\"\xff\":1}\n").1, Some(3));
    match broken(Format::JsonLines, &[], b"{\"a\":1\n") {
        (1, Some(_), Fault::NotJson(words)) => {
            assert!(words.starts_with("EOF") && !words.contains("at line"), "{words}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_is_never_cut_inside_a_quoted_cell() {
    // Nearly every line break stands between quotation marks.
    let row = format!("1,2,\"{}\"\n", "x\n".repeat(5_000));
    let csv = format!("a,b,note\n{}", row.repeat(600));
    assert!(csv.len() > 5 << 20, "more than a block");
    let tally = read(Format::Csv, &["note"], csv.as_bytes()).unwrap();
    assert_eq!((tally.count.valid, tally.count.invalid), (600, 0));
    let line = 1 + 600 * 5_001 + 1;
    assert!(matches!(
        broken(Format::Csv, &["note"], (csv + "1,y,z\n").as_bytes()),
        (found, Some(2), _) if found == line
    ));
}

#[test]
fn a_record_may_be_64_mebibytes_long_and_a_file_longer() {
    let most = 64 << 20;
    let long = |bytes: usize| vec![b'a'; bytes];
    for format in [Format::Csv, Format::JsonLines] {
        assert!(matches!(
            broken(format, &[], &long(most + 1)),
            (_, None, Fault::TooLong)
        ));
    }
    let second = [b"a,b\n".to_vec(), long(most + 8)].concat();
    assert!(matches!(broken(Format::Csv, &[], &second), (2, None, Fault::TooLong)));
    let row = [&b"1,2,"[..], &long(8 << 20), b"\n"].concat();
    let csv = [b"a,b,note\n".to_vec(), row.repeat(9)].concat();
    assert!(csv.len() > most);
    let tally = read(Format::Csv, &["note"], &csv).unwrap();
    assert_eq!((tally.count.valid, tally.count.invalid), (9, 0));
}

#[test]
fn a_failing_reader_is_no_tally() {
    struct Failing(u8);
    impl std::io::Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            let text = if self.0 == 1 {
                &b"a,b\n1,2\n"[..]
            } else {
                return Err(std::io::Error::other("the disk is gone"));
            };
            into[..text.len()].copy_from_slice(text);
            Ok(text.len())
        }
    }
    let error = tally_file(Failing(0), Format::Csv, &RuleSet::commission_2014(), &[]).unwrap_err();
    assert!(matches!(error, ReadError::Io(_)), "{error}");
}
