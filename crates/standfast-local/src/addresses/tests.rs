use super::*;

fn region(number: usize) -> Region {
    Region::new(&format!("region-{number}")).unwrap()
}

fn node(region: usize, number: usize) -> Node {
    Node::new(&format!("main-region-{region}-{number}")).unwrap()
}

fn plan(regions: usize, nodes: usize) -> Plan {
    Plan {
        octet: 9,
        regions: (1..=regions).map(region).collect(),
        nodes: (1..=regions)
            .flat_map(|of| (1..=nodes).map(move |number| (node(of, number), region(of))))
            .collect(),
        databases: vec![
            Database::new("main").unwrap(),
            Database::new("side").unwrap(),
        ],
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn addresses_follow_the_table() {
    let addresses = Addresses::new(&plan(2, 2)).unwrap();
    let (one, two) = (region(1), region(2));
    let there = node(2, 1);
    assert_eq!(addresses.node(&there), Some(address("127.9.2.1:5440")));
    assert_eq!(
        addresses.node_seen_from(&two, &there),
        addresses.node(&there)
    );
    assert_eq!(
        addresses.node_seen_from(&one, &there),
        Some(address("127.9.18.1:5440"))
    );
    assert_eq!(addresses.store(), Some(address("127.9.240.1:2379")));
    assert_eq!(
        addresses.store_seen_from(&two),
        Some(address("127.9.47.1:2379"))
    );
    assert_eq!(addresses.dns(&one), Some(address("127.9.1.250:5353")));
    let side = Database::new("side").unwrap();
    assert_eq!(
        addresses.proxy(&two, &side),
        Some(address("127.9.2.250:6433"))
    );
    let routes = addresses.relay_listens(&one);
    // The store, two nodes and two proxies of the other region.
    assert_eq!(routes.len(), 5);
    assert!(routes.contains(&Route {
        to: Destination::Region(two),
        listen: address("127.9.18.1:5440"),
        target: address("127.9.2.1:5440"),
    }));
}

#[test]
fn no_two_listeners_share_an_address_in_the_largest_plan() {
    let addresses = Addresses::new(&plan(REGIONS_MAX, NODES_PER_REGION_MAX)).unwrap();
    let mut all: Vec<SocketAddr> = addresses.endpoints().map(|(_, at)| at).collect();
    for number in 1..=REGIONS_MAX {
        all.extend(
            addresses
                .relay_listens(&region(number))
                .iter()
                .map(|route| route.listen),
        );
    }
    all.push(claim(9));
    let distinct: BTreeSet<&SocketAddr> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    // One more proof that views and endpoints cannot be confused: not even the IPs meet.
    let own: BTreeSet<IpAddr> = addresses.endpoints().map(|(_, at)| at.ip()).collect();
    for number in 1..=REGIONS_MAX {
        for route in addresses.relay_listens(&region(number)) {
            assert!(!own.contains(&route.listen.ip()), "{route}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    assert_eq!(Addresses::new(&plan(15, 1)), Err(Error::Regions(15)));
    assert!(matches!(
        Addresses::new(&plan(1, 200)),
        Err(Error::Nodes { count: 200, .. })
    ));
    let mut twice = plan(2, 1);
    twice.regions[1] = region(1);
    assert_eq!(
        Addresses::new(&twice),
        Err(Error::Twice("region-1".to_owned()))
    );
    let mut reserved = plan(1, 0);
    reserved.regions[0] = Region::new("store").unwrap();
    assert!(matches!(Addresses::new(&reserved), Err(Error::Reserved(_))));
    let mut nowhere = plan(1, 1);
    nowhere.nodes[0].1 = region(5);
    assert!(matches!(
        Addresses::new(&nowhere),
        Err(Error::UnknownRegion { .. })
    ));
    let mut octet = plan(1, 1);
    octet.octet = 255;
    assert_eq!(Addresses::new(&octet), Err(Error::Octet(255)));
}

#[test]
fn a_taken_port_moves_to_the_next_and_stays_there() {
    let mut addresses = Addresses::new(&plan(1, 1)).unwrap();
    let taken = [6432, 5440, 5441];
    addresses
        .settle(&BTreeMap::new(), |at, _| !taken.contains(&at.port()))
        .unwrap();
    let main = Database::new("main").unwrap();
    let side = Database::new("side").unwrap();
    let port = |at: Option<SocketAddr>| at.unwrap().port();
    assert_eq!(port(addresses.node(&node(1, 1))), 5442);
    // The first proxy moves to what would have been the second's, which moves on.
    assert_eq!(port(addresses.proxy(&region(1), &main)), 6433);
    assert_eq!(port(addresses.proxy(&region(1), &side)), 6434);

    let kept = addresses.ports();
    let mut again = Addresses::new(&plan(1, 1)).unwrap();
    again.settle(&kept, |_, _| true).unwrap();
    assert_eq!(again.ports(), kept);

    let mut none = Addresses::new(&plan(1, 1)).unwrap();
    assert!(matches!(
        none.settle(&kept, |_, _| false),
        Err(Error::NoFreePort { .. })
    ));
}

#[test]
fn the_octet_is_stable_and_gives_way() {
    let system = System::new("shop-dev").unwrap();
    let best = octet_of(&system);
    assert_eq!(best, 184, "a new hash would move every running system");
    assert_eq!(choose_octet(&system, None, &BTreeSet::new()), Some(best));
    assert_eq!(choose_octet(&system, Some(3), &BTreeSet::new()), Some(3));
    let beyond: BTreeSet<u8> = (best..=254).collect();
    assert_eq!(choose_octet(&system, None, &beyond), Some(1));
    let all: BTreeSet<u8> = (0..=255).collect();
    assert_eq!(choose_octet(&system, Some(3), &all), None);
}
