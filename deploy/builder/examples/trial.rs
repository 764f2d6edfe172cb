use builder::*;
fn main() {
    let mut args = std::env::args().skip(1);
    let mut options = Options::new(args.next().unwrap());
    if let Some(out) = args.next() {
        options.out_dir = out.into();
    }
    let names: Vec<_> = args.map(|n| Contract::new(n, CHAIN_SIZE_LIMIT)).collect();
    let contracts = if names.is_empty() { suite() } else { names };
    let mut p = Progress::new();
    match build(&contracts, &options, &mut |e| p.show(e)) {
        Ok(b) => println!("{}", table(&b)),
        Err(e) => {
            println!("ERR {e}");
            std::process::exit(1)
        }
    }
}
