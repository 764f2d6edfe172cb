//! Any issuer could end everyone's audit with a campaign in a token that isn't there.

use crate::scene::*;
use couponry::audit::{self, Files};
use e2e_tests::actors::account;
use ink::codegen::TraitCallBuilder;
use shared::assets::Asset;

#[test]
fn a_campaign_in_an_absent_token_leaves_the_audit_to_its_end() {
    let (mut world, mut to) = open();
    let terms = terms_but(|t| t.asset = Asset::Psp22(account("nobody")));
    act(&mut world, "bakery", 0, to.office.call_mut().create_campaign(terms, Vec::new(), 0));
    let report = audit::run(&world.chain, &world.suite, Files::default()).unwrap();
    assert!(report.agrees, "{:?}", report.differences);
}
