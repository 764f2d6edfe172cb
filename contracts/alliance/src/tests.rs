//! What the shell does as far as no other contract is called.
use crate::{
    config::ConfigFault,
    error::AllianceError,
    testing::{config, council_terms},
    Alliance,
};
use ink::env::{
    test::{recorded_events, set_block_timestamp},
    DefaultEnvironment as Env,
};
use shared::alliance::council::{CouncilFault, CouncilTerms};

#[ink::test]
fn instantiating_checks_the_rules() {
    set_block_timestamp::<Env>(77);
    let mut bad = config();
    bad.fee_bps = 1_001;
    let fault = ConfigFault::FeeOverCap { bps: 1_001 };
    assert_eq!(Alliance::new(bad, council_terms()).err(), Some(AllianceError::InvalidConfig(fault)));
    assert_eq!(recorded_events().count(), 0);
    let terms = CouncilTerms { quorum_bps: 0, ..council_terms() };
    let fault = ConfigFault::Council(CouncilFault::Quorum { bps: 0 });
    assert_eq!(Alliance::new(config(), terms).err(), Some(AllianceError::InvalidConfig(fault)));
    assert_eq!(recorded_events().count(), 0);
}
