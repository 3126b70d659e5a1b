//! Money: whole minor units of a currency, never a fraction of a binary number.

use std::fmt;
use std::str::FromStr;

/// Largest amount of one payment, in minor units: ten billion with two decimals. It bounds what a slip of a finger
/// can do, and keeps a sum of nine million such payments inside 64 bits.
pub const MINOR_UNITS_MAX: i64 = 1_000_000_000_000;

/// Why something is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one point between them.
    #[error("is not a decimal number such as \"12.34\"")]
    Shape,
    /// More decimals than the currency has.
    #[error("has more than the {decimals} decimals of {currency}")]
    Decimals {
        /// The currency.
        currency: Currency,
        /// How many it has.
        decimals: u8,
    },
    /// Zero, or less.
    #[error("is not more than zero")]
    NotPositive,
    /// More than [`MINOR_UNITS_MAX`].
    #[error("is more than {MINOR_UNITS_MAX} minor units")]
    TooLarge,
}

/// Not one of the currencies that are taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not one of the currencies taken here: {}", Currency::names())]
pub struct CurrencyError;

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(&'static (&'static str, u8));

/// The currencies that are taken, and how many decimals each has (ISO 4217, list one).
const CURRENCIES: [(&str, u8); 12] = [
    ("AUD", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("DKK", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("JPY", 0),
    ("KWD", 3),
    ("NOK", 2),
    ("PLN", 2),
    ("SEK", 2),
    ("USD", 2),
];

impl Currency {
    /// Its three letters.
    pub fn code(self) -> &'static str {
        self.0.0
    }

    /// How many decimals it has.
    pub fn decimals(self) -> u8 {
        self.0.1
    }

    /// How many minor units make one.
    fn minor_units(self) -> i64 {
        10_i64.pow(u32::from(self.decimals()))
    }

    fn names() -> String {
        CURRENCIES.map(|(code, _)| code).join(", ")
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let found = CURRENCIES.iter().find(|(code, _)| *code == text);
        found.map(Self).ok_or(CurrencyError)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

/// A positive amount of money in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

impl Amount {
    /// From minor units.
    ///
    /// # Errors
    ///
    /// When there is nothing to pay, or too much.
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Self, AmountError> {
        match minor {
            ..=0 => Err(AmountError::NotPositive),
            1..=MINOR_UNITS_MAX => Ok(Self { minor, currency }),
            _ => Err(AmountError::TooLarge),
        }
    }

    /// From a decimal number such as `12.34`, with no more decimals than the currency has.
    ///
    /// # Errors
    ///
    /// When it is none, or not an amount that can be paid.
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let (text, negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(AmountError::Shape),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(AmountError::Shape);
        }
        let decimals = currency.decimals();
        if fraction.len() > usize::from(decimals) {
            return Err(AmountError::Decimals { currency, decimals });
        }
        let fraction = format!("{fraction:0<width$}", width = usize::from(decimals));
        // Only digits are left, so too many of them are all that can be wrong.
        let whole: i64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
        let fraction: i64 = match fraction.as_str() {
            "" => 0,
            digits => digits.parse().map_err(|_| AmountError::TooLarge)?,
        };
        let minor = whole
            .checked_mul(currency.minor_units())
            .and_then(|minor| minor.checked_add(fraction))
            .ok_or(AmountError::TooLarge)?;
        Self::from_minor(if negative { -minor } else { minor }, currency)
    }

    /// In minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum, if both are in one currency and it is still an amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = self.minor.checked_add(other.minor)?;
        let sum = Self::from_minor(minor, self.currency).ok()?;
        (self.currency == other.currency).then_some(sum)
    }
}

/// As a decimal number with all decimals of its currency, without the currency.
impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, width) = (
            self.currency.minor_units(),
            usize::from(self.currency.decimals()),
        );
        let (whole, fraction) = (self.minor / unit, self.minor % unit);
        match width {
            0 => write!(out, "{whole}"),
            _ => write!(out, "{whole}.{fraction:0>width$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, currency: &str, expected: Result<i64, AmountError>) {
        let currency = currency.parse().unwrap();
        let amount = Amount::from_decimal(text, currency);
        assert_eq!(amount.map(Amount::minor), expected, "{text} {currency}");
        if let Ok(amount) = amount {
            let again = Amount::from_decimal(&amount.to_string(), currency);
            assert_eq!(again, Ok(amount), "{amount}");
        }
    }

    fn decimals(currency: &str, decimals: u8) -> Result<i64, AmountError> {
        let currency = currency.parse().unwrap();
        Err(AmountError::Decimals { currency, decimals })
    }

    #[test]
    fn decimals_are_those_of_the_currency() {
        check("12.34", "EUR", Ok(1_234));
        check("12.3", "EUR", Ok(1_230));
        check("12", "EUR", Ok(1_200));
        check("0.01", "EUR", Ok(1));
        check("007.00", "EUR", Ok(700));
        check("12", "JPY", Ok(12));
        check("1.234", "KWD", Ok(1_234));
        check("1.234", "EUR", decimals("EUR", 2));
        check("1.0", "JPY", decimals("JPY", 0));
    }

    #[test]
    fn only_digits_and_a_point_are_a_number() {
        for text in [
            "", ".", "1.", ".5", "1.2.3", "1e3", "+1", "1,50", " 1", "NaN", "\u{661}", "--1",
            "0x10",
        ] {
            check(text, "EUR", Err(AmountError::Shape));
        }
    }

    #[test]
    fn nothing_overflows() {
        check("0", "EUR", Err(AmountError::NotPositive));
        check("0.00", "EUR", Err(AmountError::NotPositive));
        check("-1", "EUR", Err(AmountError::NotPositive));
        check("10000000000.00", "EUR", Ok(MINOR_UNITS_MAX));
        check("10000000000.01", "EUR", Err(AmountError::TooLarge));
        check("92233720368547758.08", "EUR", Err(AmountError::TooLarge));
        check("99999999999999999999", "EUR", Err(AmountError::TooLarge));
        let eur = "EUR".parse().unwrap();
        let most = Amount::from_minor(MINOR_UNITS_MAX, eur).unwrap();
        let one = Amount::from_minor(1, eur).unwrap();
        assert_eq!(most.checked_add(one), None);
        assert_eq!(one.checked_add(one).map(Amount::minor), Some(2));
        let yen = Amount::from_minor(1, "JPY".parse().unwrap()).unwrap();
        assert_eq!(one.checked_add(yen), None);
    }

    #[test]
    fn a_currency_is_three_capital_letters_of_the_list() {
        for text in ["", "eur", "XXX", "EURO", "EU"] {
            assert_eq!(text.parse::<Currency>(), Err(CurrencyError));
        }
    }
}
