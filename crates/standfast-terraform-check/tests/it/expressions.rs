use proptest::prelude::*;
use standfast_terraform_check::expression::{
    Expression, Literal, Part, parse_expression, parse_template, whole,
};

#[test]
fn texts_that_are_no_expression_are_refused() {
    let cases = [
        ("", "the text ends where an expression is expected"),
        (
            "a.",
            "the text ends where a name, an index or `*` is expected",
        ),
        ("a b", "`b` stands where the end is expected"),
        ("(a", "the text ends where `)` is expected"),
        ("[a, b", "the text ends where `]` is expected"),
        ("{a = 1, b}", "`}` stands where `:` is expected"),
        ("{a = 1 b = 2}", "`b` stands where `}` is expected"),
        ("f(a b)", "`b` stands where `)` is expected"),
        ("f(a... , b)", "`,` stands where `)` is expected"),
        ("a ? b", "the text ends where `:` is expected"),
        ("a +", "the text ends where an expression is expected"),
        ("a && && b", "`&&` stands where an expression is expected"),
        ("\"abc", "a quote is not closed"),
        ("\"a\nb\"", "a quoted text has a line break"),
        ("\"\\q\"", "unknown escape"),
        ("\"\\uD800\"", "unknown escape"),
        ("<<EOT\nx\nEOT", "a heredoc is not read"),
        ("[for x : x]", "`:` stands where `in` is expected"),
        ("{for x in y : x}", "`}` stands where `=>` is expected"),
        ("a § b", "`§` stands where the end is expected"),
        ("a = 1", "`=` stands where the end is expected"),
    ];
    for (text, message) in cases {
        let error = parse_expression(text).expect_err(text).to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
    let deep = format!("{}a{}", "(".repeat(60), ")".repeat(60));
    assert!(
        parse_expression(&deep)
            .expect_err("deep")
            .to_string()
            .contains("nested too deep")
    );
}

#[test]
fn texts_that_are_no_template_are_refused() {
    let cases = [
        ("${a", "the text ends where `}` is expected"),
        ("${}", "`}` stands where an expression is expected"),
        ("x ${aws:username}", "`:` stands where `}` is expected"),
        ("%{if a}x", "`if` without an `endif`"),
        ("%{for a in b}x", "`for` without an `endfor`"),
        ("%{endif}", "`endif` without an `if`"),
        ("%{endfor}", "`endfor` without a `for`"),
        ("%{if a}x%{else}y%{else}z%{endif}", "`else` without an `if`"),
        ("%{for a in b}x%{else}y%{endfor}", "`else` without an `if`"),
        ("%{while a}", "unknown directive"),
    ];
    for (text, message) in cases {
        let error = parse_template(text).expect_err(text).to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn escapes_and_backslashes_are_text() {
    let text = |parts: &[Part]| match parts {
        [Part::Text(text)] => text.clone(),
        parts => panic!("{parts:?}"),
    };
    assert_eq!(
        text(&parse_template("$${a} %%{b} \\n $5 100%").expect("template")),
        "${a} %{b} \\n $5 100%"
    );
    let quoted = parse_expression(r#""a\n\"b\" $${c} \u00e4""#).expect("expression");
    assert_eq!(
        quoted,
        Expression::Literal(Literal::Text("a\n\"b\" ${c} ä".to_owned()))
    );
}

#[test]
fn only_one_expression_is_a_whole() {
    for (text, is_whole) in [
        ("${a.b}", true),
        ("${~ a ~}", true),
        (" ${a}", false),
        ("${a}${b}", false),
        ("%{if a}b%{endif}", false),
    ] {
        let parts = parse_template(text).expect(text);
        assert_eq!(whole(&parts).is_some(), is_whole, "{text}");
    }
}

#[test]
fn the_forms_of_the_language_are_read() {
    let texts = [
        "-1.5e3 + !a.b * (c % 2) >= 7 && d != null || e == \"x\"",
        "a ? b : c ? d : e",
        "a.0.1[2][\"k\"][*].b.*.c",
        "f(a, b...)",
        "f(\n a,\n b,\n)",
        "[a, b,]",
        "{ a = 1, \"b\" : 2, (c) = 3 }",
        "{\n a = 1\n b = {\n c = [1,\n 2]\n }\n}",
        "{}",
        "[]",
        "[for k, v in a : \"${k}-${v}\" if v != \"\"]",
        "{for v in a : v.k => v...}",
        "\"a ${f(\"b ${c}\")} %{if d}e%{else}f%{endif}\"",
        "f(x)[0].y # comment\n // comment\n /* comment */",
        "provider::aws::arn_parse(a)",
    ];
    for text in texts {
        parse_expression(text).unwrap_or_else(|error| panic!("{error}"));
    }
    parse_template("%{ for k, v in a ~}\n${k} = ${v}\n%{ endfor ~}%{ if a }b%{ endif }")
        .expect("template");
}

#[test]
fn a_traversal_reads_as_it_is_written() {
    for text in ["aws_subnet.main[0].id", "a[\"k\"].b[*].c", "a[b.c].d"] {
        let Expression::Traversal(traversal) = parse_expression(text).expect(text) else {
            panic!("{text} is no traversal");
        };
        assert_eq!(traversal.to_string(), text);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>()) {
        let _ = parse_template(&text);
        let _ = parse_expression(&text);
    }

    #[test]
    fn no_text_of_the_language_makes_the_parsers_panic(
        text in concat!(
            r#"([ \t\n]|\$\{|%\{|\$\$\{|[a-z]{1,3}|[0-9]{1,2}|for |in |if |else|end"#,
            r#"|["\\.,:=?!<>(){}\[\]*~&|+/#-]|ä|=>|::|\.\.\.|u00e4|e\+){0,60}"#,
        )
    ) {
        let _ = parse_template(&text);
        let _ = parse_expression(&text);
        let _ = parse_template(&format!("${{{text}}}"));
    }

    #[test]
    fn a_text_without_signs_is_itself(text in "[^$%]*") {
        let parts = parse_template(&text).expect("template");
        let read: String = parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            part => panic!("{part:?}"),
        }).collect();
        prop_assert_eq!(read, text);
    }
}
