// What the platform itself logs goes to the workspace, next to the app's own telemetry.

@description('Log Analytics workspace.')
param workspaceName string

@description('Function app.')
param siteName string

@description('Storage account.')
param storageAccountName string

@description('Cosmos DB account.')
param cosmosAccountName string

@description('Event Grid topic.')
param topicName string

@description('Log every single access to blobs, messages and documents, not only what is rare.')
param auditLogs bool

var rareStorageLogs = [
  'StorageDelete'
]
var allStorageLogs = [
  'StorageRead'
  'StorageWrite'
  'StorageDelete'
]
var storageLogs = auditLogs ? allStorageLogs : rareStorageLogs
var rareCosmosLogs = [
  'ControlPlaneRequests'
]
var allCosmosLogs = [
  'ControlPlaneRequests'
  'DataPlaneRequests'
]
var cosmosLogs = auditLogs ? allCosmosLogs : rareCosmosLogs

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: storage
  name: 'default'
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' existing = {
  parent: storage
  name: 'default'
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: cosmosAccountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

// What the host says, also where the app's own telemetry does not get through.
resource siteLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'pipeline'
  scope: site
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
  }
}

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'pipeline'
  scope: blobService
  properties: {
    workspaceId: workspace.id
    logs: [for category in storageLogs: {
      category: category
      enabled: true
    }]
  }
}

// Every upload passes through a queue of the host's: nothing that happens there is rare.
resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (auditLogs) {
  name: 'pipeline'
  scope: queueService
  properties: {
    workspaceId: workspace.id
    logs: [for category in allStorageLogs: {
      category: category
      enabled: true
    }]
  }
}

resource cosmosAccountLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'pipeline'
  scope: cosmos
  properties: {
    workspaceId: workspace.id
    logAnalyticsDestinationType: 'Dedicated'
    logs: [for category in cosmosLogs: {
      category: category
      enabled: true
    }]
  }
}

resource topicLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'pipeline'
  scope: topic
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
    ]
  }
}
