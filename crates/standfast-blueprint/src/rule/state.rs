//! Where the state of the synthesized modules must not lie.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::grammar::reader::Reader;
use crate::model::Blueprint;
use crate::rule::referent::Locator;

pub(crate) fn state(blueprint: &Blueprint, place: Locator<'_>, reader: &mut Reader) {
    let Some(state) = &blueprint.state else {
        return;
    };
    if state.region != blueprint.home().region {
        return;
    }
    let problem = Diagnostic::error(
        Code::StateAtHome,
        place(&["state", "region"]),
        format!("the state would lie in `{}`, the home region", state.region),
    )
    .note("it is needed most on the day that region is lost")
    .help("keep it in a region that stands by, or in the witness's");
    reader.report(problem);
}
