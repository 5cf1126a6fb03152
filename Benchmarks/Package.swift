// swift-tools-version: 6.2
import PackageDescription

// Micro-benchmarks, in a package of their own so that nobody who uses Martlet resolves what only they need.
// `make micro-bench` runs them.
let package = Package(
    name: "martlet-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "martlet", path: ".."),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // Without its interposers for malloc and the runtime, which stand between what is measured and the system.
        .package(url: "https://github.com/ordo-one/benchmark.git", from: "1.38.1", traits: []),
    ],
    targets: [
        // Parser and encoder, beside a parser that splits strings.
        .executableTarget(
            name: "WireBenchmarks",
            dependencies: [
                .product(name: "ServerSentEvents", package: "martlet"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/WireBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        // Selectors, dispatch and catch-up, inside the hub: with `@testable import`.
        .executableTarget(
            name: "HubBenchmarks",
            dependencies: [
                .product(name: "Martlet", package: "martlet"),
                .product(name: "ServerSentEvents", package: "martlet"),
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Benchmarks/HubBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ]
)

for target in package.targets {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
