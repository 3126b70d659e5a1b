use proptest::prelude::*;

use super::*;

fn instant() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_nanos)
}

fn span() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn request() -> impl Strategy<Value = Request> {
    let start = (
        any::<String>(),
        prop::collection::vec(any::<String>(), 0..4),
        prop::option::of(instant()),
        any::<String>(),
    );
    prop_oneof![
        Just(Request::Hello),
        Just(Request::Disarm),
        Just(Request::Status),
        Just(Request::Recheck),
        Just(Request::Quit),
        start.prop_map(
            |(program, arguments, deadline, label)| Request::Start(Start {
                program,
                arguments,
                deadline,
                label
            })
        ),
        (instant(), any::<String>()).prop_map(|(at, label)| Request::Deadline { at, label }),
        span().prop_map(|within| Request::Stop { within }),
        any::<String>().prop_map(|reason| Request::Fence { reason }),
    ]
}

fn ended() -> impl Strategy<Value = Ended> {
    prop_oneof![
        any::<i32>().prop_map(Ended::Exit),
        any::<i32>().prop_map(Ended::Signal)
    ]
}

fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        Just(Reason::Deadline),
        Just(Reason::StopTimeout),
        Just(Reason::Ended),
        Just(Reason::Leftover),
        Just(Reason::Terminated),
        any::<String>().prop_map(Reason::Asked),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    let phase = prop_oneof![
        Just(Phase::Idle),
        Just(Phase::Running),
        Just(Phase::Fencing)
    ];
    (
        (phase, prop::option::of(any::<u32>()), any::<String>()),
        (prop::option::of(instant()), prop::option::of(instant())),
        (prop::option::of(ended()), prop::option::of(reason())),
        (any::<u32>(), any::<u32>()),
    )
        .prop_map(|(first, instants, last, numbers)| Status {
            state: first.0,
            pid: first.1,
            label: first.2,
            started_at: instants.0,
            deadline: instants.1,
            last_exit: last.0,
            last_fence: last.1,
            guard_pid: numbers.0,
            protocol: numbers.1,
        })
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        Just(Message::Reply(Reply::Ok)),
        any::<String>().prop_map(|reason| Message::Reply(Reply::Refused { reason })),
        status().prop_map(|status| Message::Reply(Reply::State(status))),
        (any::<u32>(), ended())
            .prop_map(|(pid, status)| Message::Event(Event::Exited { pid, status })),
        (reason(), span(), any::<u32>()).prop_map(|(reason, took, killed)| Message::Event(
            Event::Fenced {
                reason,
                took,
                killed
            }
        )),
    ]
}

proptest! {
    #[test]
    fn a_request_reads_back_from_its_line(request in request()) {
        let line = request.encode();
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        prop_assert_eq!(Request::parse(&line).unwrap(), request);
    }

    #[test]
    fn a_message_reads_back_from_its_line(message in message()) {
        let line = message.encode();
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        prop_assert_eq!(Message::parse(&line).unwrap(), message);
    }

    #[test]
    fn no_line_panics_a_parser(line in ".*") {
        let _ = Request::parse(&line);
        let _ = Message::parse(&line);
    }

    #[test]
    fn no_line_of_known_words_panics_a_parser(
        line in "(start|deadline|stop|state|fenced)( (ns|label|pid|state|program|deadline)=[%0-9a-zäA-Z]{0,30}){0,6}"
    ) {
        let _ = Request::parse(&line);
        let _ = Message::parse(&line);
    }
}

#[test]
fn lines_can_be_read_and_typed_by_a_person() {
    let start = Request::Start(Start {
        program: "/usr/bin/postgres".to_owned(),
        arguments: vec!["-D".to_owned(), "/var/lib/a b".to_owned()],
        deadline: Some(Timestamp::from_millis(7)),
        label: "3/x".to_owned(),
    });
    assert_eq!(
        start.encode(),
        "start program=/usr/bin/postgres argument=-D argument=/var/lib/a%20b deadline=7000000 label=3/x\n"
    );
    let fenced = Message::Event(Event::Fenced {
        reason: Reason::Asked("switchover".to_owned()),
        took: Duration::from_millis(11),
        killed: 2,
    });
    assert_eq!(
        fenced.encode(),
        "fenced reason=asked:switchover took_ms=11 killed=2\n"
    );
}

#[test]
fn half_understood_lines_are_refused() {
    for bad in [
        "",
        "begin",
        "status now",
        "status now=1",
        "deadline ns=1",
        "deadline ns=-1 label=a",
        "deadline ns=1 ns=2 label=a",
        "deadline ns=1 label=%zz",
        "deadline ns=1 label=%C3",
        "stop within_ms=1s",
        " status",
    ] {
        assert!(Request::parse(bad).is_err(), "{bad:?} was taken");
    }
    let long = format!("fence reason={}", "a".repeat(LINE_BYTES_MAX));
    assert!(matches!(
        Request::parse(&long),
        Err(ParseError::TooLong { .. })
    ));
}
