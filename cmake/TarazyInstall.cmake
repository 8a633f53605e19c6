# What `cmake --install` gives an outside project: find_package(tarazy).
