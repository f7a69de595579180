set(data.charts);
document.querySelectorAll("section").forEach(enhanceTables);
