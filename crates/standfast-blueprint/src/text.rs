//! The texts of the file: types that are written as one word, each with its form.

pub(crate) mod database;
pub(crate) mod date;
pub(crate) mod finding;
pub(crate) mod name;
pub(crate) mod network;
mod quantity;
pub(crate) mod reference;
pub(crate) mod resource;
pub(crate) mod route;
pub(crate) mod secret;
pub(crate) mod window;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use ipnet::Ipv4Net;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use serde_json::json;
    use standfast_units::{Bytes, Region, Ttl};

    use crate::code::Code;
    use crate::grammar::word::Word;
    use crate::text::database::{EngineVersion, Identifier, SettingName};
    use crate::text::date::Date;
    use crate::text::finding::FindingCode;
    use crate::text::name::Name;
    use crate::text::network::{DomainName, EmailAddress, UrlPath};
    use crate::text::reference::{Reference, Source, Use, Widget};
    use crate::text::resource::{
        AttributeName, CertificateArn, ParameterPath, TagName, VariableName,
    };
    use crate::text::route::Route;
    use crate::text::secret::SecretReference;
    use crate::text::window::{DailyWindow, WeeklyWindow};

    /// Every text near the type is matched by its pattern exactly when it is read.
    fn check<T: Word>(texts: &str) {
        let mut schema = json!({ "pattern": T::PATTERN });
        if let Some(length) = T::LENGTH_MAX {
            schema["maxLength"] = json!(length);
        }
        let schema = jsonschema::validator_for(&schema).unwrap();
        let reads = |text: &str| match T::parse(text) {
            Ok(_) => true,
            Err(problem) => problem.code == Code::Impossible,
        };
        for example in T::EXAMPLES {
            assert!(T::parse(example).is_ok(), "{}: {example}", T::NAME);
        }
        // A failure prints the text it was shrunk to; there is nothing to keep in a file.
        let config = Config {
            cases: 500,
            failure_persistence: None,
            ..Config::default()
        };
        let strategy = proptest::string::string_regex(texts).unwrap();
        let outcome = TestRunner::new(config).run(&strategy, |text| {
            prop_assert_eq!(schema.is_valid(&json!(text)), reads(&text), "{}", T::NAME);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{error}");
        }
    }

    #[test]
    fn patterns_match_what_the_parsers_read() {
        check::<Duration>("([0-9]{0,2}(d|h|m|s|ms|w| )?){0,4}");
        check::<Ttl>("([0-9]{0,3}(d|h|m|s|ms)?){0,3}");
        check::<Bytes>("[0-9]{0,3}[ .]?(B|kB|KB|MB|GiB|TiB|b|Gi|)");
        check::<Region>("[a-c0A_-]{0,6}|[a-c]{38,42}");
        check::<Name>("[a-c0A_-]{0,6}|[a-c]{38,42}");
        check::<DomainName>("[a-c0A_.-]{0,8}|[a-c]{61,65}|([a-c]{49}\\.){4,5}[a-c]{0,60}");
        check::<EmailAddress>("[a@. é\t]{0,6}");
        check::<Identifier>("[a0A_$ -]{0,5}|[a-c]{61,65}");
        check::<EngineVersion>("[0-9a_.-]{0,6}");
        check::<SettingName>("[a0A_.-]{0,5}");
        check::<FindingCode>("[A-Ca]{0,5}-?[0-9]{1,4}");
        check::<String>("[a\n]{0,2}");
        check::<PathBuf>("[/a \n]{0,4}");
        check::<UrlPath>("[/a é]{0,4}");
        check::<Ipv4Net>("(2[0-9]{2}|[0-9]{1,3})(\\.[0-9]{1,2}){2,3}/[0-9+]{0,3}");
        check::<Date>("[0-9]{4}-?[0-3][0-9]-[0-3][0-9]?");
        check::<Reference>("(databases|buckets|x)\\.?[a0A.-]{0,4}|names\\.[a-c]{38,42}");
        check::<Use>("(databases|services|metrics|notify|failover)?\\.?[a0A-]{0,4}");
        check::<Source>("(databases|tables|names)\\.[a0-]{1,3}(\\.(writer|port|x))?");
        check::<Widget>("[a0-]{0,3}( of )?(databases|names)?\\.?[a0-]{0,3}");
        check::<Route>("(GET|POST|get|ANY)? ?/?[a0._/ -]{0,5}");
        check::<VariableName>("[aA0_-]{0,4}");
        check::<TagName>("(aws:|AWS:|Aws)?[a0 é*]{0,3}|[a-c]{126,130}");
        check::<AttributeName>("[aA0_.é-]{0,4}|[a-c]{253,257}");
        check::<CertificateArn>("(arn:)?[a: ]{0,4}");
        check::<ParameterPath>("(/|a|_|\\{region\\}|\\{x\\}){0,5}");
        check::<DailyWindow>("[0-2][0-9]:[0-6][0-9]-[0-2]?[0-9]:[0-5]0");
        check::<WeeklyWindow>("(sun|sat|day):0[0-9]:00-(mon|Sun):[0-9]{1,2}:00");
        check::<SecretReference>("(env|file|secret|x)?:?[a1_/ ]{0,4}");
    }
}
